package dev.jangada.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.jangada.server.embedded.EmbeddedCluster;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Runs test classes that use the extension, as JUnit runs them, and looks at what they met. */
class JangadaExtensionTest {

  private static final List<EmbeddedCluster> MET = new ArrayList<>();

  @Test
  void staticFieldRunsOneClusterForTheClassAndThoseNestedInIt() {
    run(OfTheClass.class).assertStatistics(events -> events.succeeded(3));

    assertThat(MET).hasSize(3).containsOnly(MET.get(0));
    assertThat(MET.get(0).isRunning(0)).isFalse();
  }

  static class OfTheClass {
    @RegisterExtension static final JangadaExtension etcd = JangadaExtension.members(1);

    @Test
    void first() {
      meet(etcd.cluster());
    }

    @Test
    void second() {
      meet(etcd.cluster());
    }

    @Nested
    class Inner {
      @Test
      void third() {
        meet(etcd.cluster());
      }
    }

    @AfterAll
    static void goesOnToTheEnd() {
      assertThat(etcd.cluster().isRunning(0)).isTrue();
    }
  }

  @Test
  void fieldOfTheInstanceRunsAClusterForEachTest() {
    run(OfTheTest.class).assertStatistics(events -> events.succeeded(2));

    assertThat(MET).hasSize(2).doesNotHaveDuplicates().noneMatch(cluster -> cluster.isRunning(0));
  }

  static class OfTheTest {
    @RegisterExtension final JangadaExtension etcd = JangadaExtension.members(1);

    @Test
    void first() {
      meet(etcd.cluster());
    }

    @Test
    void second() {
      meet(etcd.cluster());
    }
  }

  @Test
  void annotationAloneGivesTheClusterToParameters() {
    run(Annotated.class).assertStatistics(events -> events.succeeded(1));

    assertThat(MET).hasSize(2).containsOnly(MET.get(0));
  }

  @ExtendWith(JangadaExtension.class)
  static class Annotated {
    @BeforeAll
    static void all(EmbeddedCluster cluster) {
      meet(cluster);
    }

    @Test
    void one(EmbeddedCluster cluster) {
      assertThat(cluster.size()).isEqualTo(1);
      meet(cluster);
    }
  }

  @Test
  void outsideOfATestThereIsNoCluster() {
    assertThatThrownBy(() -> JangadaExtension.members(1).endpoints())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("@RegisterExtension");
  }

  private static void meet(EmbeddedCluster cluster) {
    assertThat(cluster.isRunning(0)).isTrue();
    MET.add(cluster);
  }

  private static Events run(Class<?> testClass) {
    MET.clear();
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(testClass))
        .execute()
        .testEvents();
  }
}
