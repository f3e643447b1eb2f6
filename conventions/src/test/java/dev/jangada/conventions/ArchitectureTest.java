package dev.jangada.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every <em>never</em> of the architecture, checked on the compiled production classes. */
class ArchitectureTest {

  private static final JavaClasses PRODUCTION =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.jangada");

  private static final JavaClasses FIXTURES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
          .importPackages("dev.jangada");

  /** Rules about classes that are not looked at would hold for nothing. */
  @Test
  void classesOfEveryModuleAreChecked() {
    List<String> withSources =
        Sources.all().stream()
            .filter(source -> source.path().startsWith(source.path().getName(0) + "/src/main"))
            .map(source -> source.path().getName(0).toString())
            .distinct()
            .toList();

    assertThat(withSources).contains("raft");
    assertThat(Layering.MODULES).containsKeys(withSources.toArray(String[]::new));
    assertThat(withSources)
        .allSatisfy(module ->
            assertThat(PRODUCTION.stream().anyMatch(Layering.of(module)))
                .as("classes of module %s are on the class path", module)
                .isTrue());
  }

  @TestFactory
  Stream<DynamicTest> productionKeeps() {
    return Layering.rules().entrySet().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> check(rule.getValue())));
  }

  /** A rule that nothing can break protects nothing: each must find its offender. */
  @TestFactory
  Stream<DynamicTest> offenderIsFoundBreaking() {
    Map<String, String> offenders = Layering.offenders();
    return Layering.rules().entrySet().stream()
        .map(rule ->
            DynamicTest.dynamicTest(
                rule.getKey(),
                () ->
                    assertThat(rule.getValue().evaluate(FIXTURES).getFailureReport().toString())
                        .contains(offenders.get(rule.getKey()))));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(PRODUCTION);
  }
}
