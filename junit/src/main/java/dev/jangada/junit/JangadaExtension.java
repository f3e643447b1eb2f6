package dev.jangada.junit;

import dev.jangada.server.embedded.EmbeddedCluster;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts a cluster for a test class, or for each of its tests, and stops it afterwards.
 *
 * <pre>{@code
 * @RegisterExtension static final JangadaExtension etcd = JangadaExtension.members(3);
 *
 * @Test
 * void greets() throws Exception {
 *   try (Client client = Client.builder().endpoints(etcd.endpoints()).build()) { ... }
 * }
 * }</pre>
 *
 * <p>In a static field it runs one cluster for all tests of the class, and the tests share its
 * data; in a field of the instance each test has a cluster of its own, which takes a moment longer.
 * A method that wants the {@link EmbeddedCluster} as a parameter gets it.
 * {@code @ExtendWith(JangadaExtension.class)} does without a field: one member, for the whole
 * class.
 */
public final class JangadaExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        ParameterResolver {

  private final EmbeddedCluster.Builder builder;
  private @Nullable EmbeddedCluster cluster;

  /** Id of the test class for which the cluster runs; null if it runs for one test. */
  private @Nullable String testClass;

  /** For {@code @ExtendWith}: a cluster of one member. */
  public JangadaExtension() {
    this(EmbeddedCluster.builder());
  }

  private JangadaExtension(EmbeddedCluster.Builder builder) {
    this.builder = builder;
  }

  /**
   * A cluster with the usual settings.
   *
   * @param count from 1 to {@link EmbeddedCluster#MAX_MEMBERS}
   */
  public static JangadaExtension members(int count) {
    return of(EmbeddedCluster.builder().members(count));
  }

  /** A cluster as it is described: the description is used for every cluster that is started. */
  public static JangadaExtension of(EmbeddedCluster.Builder builder) {
    return new JangadaExtension(builder);
  }

  /**
   * The cluster, to stop and start its members for example.
   *
   * @throws IllegalStateException outside of a test
   */
  public EmbeddedCluster cluster() {
    EmbeddedCluster running = cluster;
    if (running == null) {
      throw new IllegalStateException(
          "the cluster runs during tests only: is the field annotated with @RegisterExtension?");
    }
    return running;
  }

  /**
   * Where clients reach the members.
   *
   * @throws IllegalStateException outside of a test
   */
  public List<URI> endpoints() {
    return cluster().endpoints();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // Nested classes come by here, too, and use the cluster of the outer one.
    if (cluster == null) {
      cluster = builder.start();
      testClass = context.getUniqueId();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (context.getUniqueId().equals(testClass)) {
      testClass = null;
      stop();
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (testClass == null) {
      cluster = builder.start();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (testClass == null) {
      stop();
    }
  }

  private void stop() {
    EmbeddedCluster running = cluster;
    cluster = null;
    if (running != null) {
      running.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == EmbeddedCluster.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return cluster();
  }
}
