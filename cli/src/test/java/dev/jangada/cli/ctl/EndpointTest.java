package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

  @Test
  void schemeSaysWhetherItIsTls() {
    assertThat(Endpoint.of("http://h:1/")).isEqualTo(new Endpoint("http://h:1/", "h:1", false));
    assertThat(Endpoint.of("https://h:1")).isEqualTo(new Endpoint("https://h:1", "h:1", true));
    assertThat(Endpoint.of(" h:1 ")).isEqualTo(new Endpoint("h:1", "h:1", null));
    assertThat(Endpoint.of("[::1]:2379").address()).isEqualTo("[::1]:2379");
  }

  @Test
  void endpointWithoutSchemeTakesTheDefault() {
    assertThat(Endpoint.of("h:1").url(true)).isEqualTo("https://h:1");
    assertThat(Endpoint.of("http://h:1").url(true)).isEqualTo("http://h:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h", "h:", ":1", "ftp://h:1", "http://h:1/x", "unix://x:1", "::1:2379"})
  void whatIsNoEndpointIsRefused(String text) {
    assertThatThrownBy(() -> Endpoint.of(text))
        .isInstanceOf(CtlException.class)
        .hasMessageContaining("\"" + text + "\" is not of the form");
  }

  @Test
  void noEndpointAtAllIsRefused() {
    assertThatThrownBy(() -> Endpoint.all(List.of("")))
        .isInstanceOf(CtlException.class)
        .hasMessageContaining("--endpoints names none");
  }
}
