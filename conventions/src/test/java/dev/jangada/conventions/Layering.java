package dev.jangada.conventions;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The modules, what each may know, and the rules that follow. */
final class Layering {

  /** Which of our modules each module may use. */
  static final Map<String, List<String>> MODULES = modules();

  /**
   * Which packages of its own module each package may use, in modules of several topics. The
   * module's own package, called "", may use all that do not use it.
   */
  private static final Map<String, Map<String, List<String>>> ARROWS =
      Map.of(
          "kv",
          Map.of(
              "store", List.of(),
              "backup", List.of("store"),
              "bytes", List.of(),
              "command", List.of("bytes"),
              "auth", List.of("bytes", "command")),
          "node",
          Map.of(
              "request", List.of(),
              "transport", List.of(),
              "session", List.of(),
              "snapshot", List.of("request", "transport"),
              "driver", List.of("request", "snapshot", "transport"),
              "thread", List.of("driver", "request", "snapshot"),
              "membership", List.of("driver", "request", "transport")),
          "server",
          Map.of(
              "call", List.of(),
              "auth", List.of("call", "tls"),
              "upkeep", List.of("call"),
              "lease", List.of("call"),
              "watch", List.of("call"),
              "lock", List.of("call", "lease", "watch"),
              "http", List.of("call"),
              "tls", List.of(),
              "metrics", List.of("http", "watch"),
              "embedded", List.of("")));

  private static final String[] TEST_LIBRARIES = {
    "org.junit..", "org.assertj..", "net.jqwik..", "com.tngtech.archunit..", "io.etcd.."
  };

  private Layering() {}

  private static Map<String, List<String>> modules() {
    Map<String, List<String>> modules = new LinkedHashMap<>();
    modules.put("raft", List.of());
    modules.put("storage", List.of("raft"));
    modules.put("node", List.of("raft", "storage"));
    modules.put("kv", List.of("raft"));
    modules.put("etcd-api", List.of());
    modules.put("server", List.of("kv", "node", "etcd-api", "raft"));
    modules.put("junit", List.of("server"));
    modules.put("simulation", List.of("raft", "storage", "node", "kv"));
    modules.put("cli", List.of("server", "simulation", "etcd-api"));
    return modules;
  }

  private static String packageOf(String module) {
    return "dev.jangada." + (module.equals("etcd-api") ? "etcd" : module);
  }

  /** All classes of a module. */
  static DescribedPredicate<JavaClass> of(String module) {
    return resideInAnyPackage(packageOf(module) + "..");
  }

  /** The rules by name. */
  static Map<String, ArchRule> rules() {
    Map<String, ArchRule> rules = new LinkedHashMap<>();
    MODULES.forEach((module, uses) ->
        rules.put(module + " knows of our modules only " + uses, dependencyRule(module, uses)));
    ARROWS.forEach((module, arrows) ->
        rules.put(topicsOf(module), followArrows(module, new TreeMap<>(arrows))));
    rules.put(
        "the core needs nothing but plain java.base",
        noClasses()
            .that(of("raft").and(not(speaksOfStreams())))
            .should()
            .dependOnClassesThat(not(plainJava())));
    rules.put(
        "the core has no thread",
        noClasses()
            .that(of("raft"))
            .should()
            .dependOnClassesThat(
                belongToAnyOf(Thread.class, ThreadLocal.class, Runtime.class, Process.class)));
    rules.put(
        "the core reads no clock",
        noClasses()
            .that(of("raft"))
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.time.."));
    rules.put("only kv touches RocksDB", onlyIn("org.rocksdb..", "dev.jangada.kv.."));
    rules.put(
        "only etcd-api, server and cli touch gRPC",
        onlyIn("io.grpc..", "dev.jangada.etcd..", "dev.jangada.server..", "dev.jangada.cli.."));
    rules.put(
        "only etcd-api, server and cli touch protobuf",
        onlyIn(
            "com.google.protobuf..",
            "dev.jangada.etcd..",
            "dev.jangada.server..",
            "dev.jangada.cli.."));
    rules.put(
        "only the peer transport, server and cli touch Netty",
        onlyIn(
            "io.netty..",
            "dev.jangada.node.transport..",
            "dev.jangada.server..",
            "dev.jangada.cli.."));
    rules.put("only cli parses flags", onlyIn("picocli..", "dev.jangada.cli.."));
    rules.put(
        "production, but for the extension of JUnit, does not know test libraries",
        noClasses()
            .that(not(of("junit")))
            .should()
            .dependOnClassesThat(resideInAnyPackage(TEST_LIBRARIES)));
    rules.put(
        "no package is called common or util",
        noClasses()
            .should()
            .resideInAnyPackage(
                "..common..", "..commons..", "..util..", "..utils..", "..helper..", "..misc.."));
    rules.put(
        "packages form no cycle", slices().matching("dev.jangada.(**)").should().beFreeOfCycles());
    return rules;
  }

  /** For each rule a fixture, by class name or a part of it, that breaks it. */
  static Map<String, String> offenders() {
    Map<String, String> offenders = new LinkedHashMap<>();
    MODULES.forEach((module, uses) ->
        offenders.put(
            module + " knows of our modules only " + uses,
            packageOf(module) + ".fixture.KnowsTooMuch"));
    ARROWS.forEach((module, arrows) ->
        offenders.put(topicsOf(module), packageOf(module) + ".fixture.UsesAnything"));
    offenders.put("the core needs nothing but plain java.base", "raft.fixture.WritesFiles");
    offenders.put("the core has no thread", "raft.fixture.StartsThread");
    offenders.put("the core reads no clock", "raft.fixture.ReadsClock");
    offenders.put("only kv touches RocksDB", "node.fixture.UsesEverything");
    offenders.put("only etcd-api, server and cli touch gRPC", "node.fixture.UsesEverything");
    offenders.put("only etcd-api, server and cli touch protobuf", "node.fixture.UsesEverything");
    offenders.put(
        "only the peer transport, server and cli touch Netty", "node.fixture.UsesEverything");
    offenders.put("only cli parses flags", "node.fixture.UsesEverything");
    offenders.put(
        "production, but for the extension of JUnit, does not know test libraries",
        "node.fixture.UsesEverything");
    offenders.put("no package is called common or util", "kv.fixture.util.Anything");
    offenders.put("packages form no cycle", "Cycle detected");
    return offenders;
  }

  private static ArchRule dependencyRule(String module, List<String> uses) {
    String[] known =
        Stream.concat(Stream.of(module), uses.stream())
            .map(name -> packageOf(name) + "..")
            .toArray(String[]::new);
    return noClasses()
        .that(of(module))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("dev.jangada..").and(not(resideInAnyPackage(known))));
  }

  private static String topicsOf(String module) {
    return "the packages of " + module + " know each other only along its arrows";
  }

  /** A package that is not listed may use none of its own module, and nobody may use it. */
  private static ArchRule followArrows(String module, Map<String, List<String>> arrows) {
    return classes()
        .that(of(module).and(not(resideInAPackage(packageOf(module)))))
        .should(
            new ArchCondition<>("follow " + arrows) {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                String from = topic(module, type);
                for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                  JavaClass target = dependency.getTargetClass();
                  boolean allowed =
                      !of(module).test(target)
                          || topic(module, target).equals(from)
                          || arrows.getOrDefault(from, List.of()).contains(topic(module, target));
                  events.add(
                      new SimpleConditionEvent(dependency, allowed, dependency.getDescription()));
                }
              }
            });
  }

  /** What a package is called within its module; "" for the module's own. */
  private static String topic(String module, JavaClass type) {
    String name = type.getPackageName();
    return name.equals(packageOf(module)) ? "" : name.substring(packageOf(module).length() + 1);
  }

  private static ArchRule onlyIn(String library, String... packages) {
    return noClasses()
        .that(resideInAnyPackage("dev.jangada..").and(not(resideInAnyPackage(packages))))
        .should()
        .dependOnClassesThat(resideInAnyPackage(library));
  }

  /** The port of state machines, whose snapshots are read from streams; the core reads none. */
  private static DescribedPredicate<JavaClass> speaksOfStreams() {
    return DescribedPredicate.describe(
        "the port of state machines",
        type -> type.getName().matches("dev\\.jangada\\.raft\\.StateMachine(\\$Snapshot)?"));
  }

  private static DescribedPredicate<JavaClass> plainJava() {
    return resideInAnyPackage(
            "dev.jangada.raft..",
            "java.lang",
            "java.lang.annotation",
            "java.lang.invoke",
            "java.lang.runtime",
            "java.math",
            "java.nio",
            "java.nio.charset",
            "java.util",
            "java.util.function",
            "java.util.random",
            "java.util.stream",
            "java.util.zip",
            "org.jspecify.annotations")
        .or(
            DescribedPredicate.describe(
                "primitive or array of primitives",
                type -> type.getBaseComponentType().isPrimitive()));
  }
}
