package dev.jangada.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.simulation.lab.LabScenario;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelectionTest {

  private static final List<LabScenario> CATALOGUE =
      List.of(
          scenario("2A", "InitialElection"),
          scenario("2A", "ReElection"),
          scenario("2B", "Backup"),
          scenario("2C", "Figure8"),
          scenario("3A", "Speed"),
          scenario("3B", "Speed"));

  private static LabScenario scenario(String part, String name) {
    return new LabScenario(part, name, name, world -> {});
  }

  private static List<String> select(String... names) throws Exception {
    return Selection.of(CATALOGUE, List.of(names)).stream().map(LabScenario::fullName).toList();
  }

  @Test
  void withoutNameAllAreMeant() throws Exception {
    assertThat(select()).hasSize(CATALOGUE.size());
  }

  @Test
  void namesAreGivenInAnyOrderAndCaseButScenariosRunInTheCoursesAndOnce() throws Exception {
    assertThat(select("figure8", "2a", "2C.FIGURE8", "ReElection"))
        .containsExactly("2A.InitialElection", "2A.ReElection", "2C.Figure8");
  }

  @Test
  void nameThatTwoPartsHaveMeansBoth() throws Exception {
    assertThat(select("Speed")).containsExactly("3A.Speed", "3B.Speed");
    assertThat(select("3B.Speed")).containsExactly("3B.Speed");
  }

  @Test
  void unknownNameIsRefusedWithTheNearestOnes() {
    assertThatThrownBy(() -> select("2A", "Bakcup"))
        .isInstanceOf(Selection.UnknownNameException.class)
        .hasMessage("there is no part or scenario \"Bakcup\"; did you mean Backup?");
    assertThatThrownBy(() -> select("something quite different"))
        .hasMessageContaining("--list shows what there is");
  }

  @Test
  void distanceIsTheNumberOfEdits() {
    assertThat(Selection.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Selection.distance("", "abc")).isEqualTo(3);
    assertThat(Selection.distance("abc", "")).isEqualTo(3);
    assertThat(Selection.distance("same", "same")).isZero();
  }
}
