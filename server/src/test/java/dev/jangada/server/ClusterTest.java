package dev.jangada.server;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests that share a cluster: each uses keys, names and leases of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ClusterTest {
  private final int members;

  /** Runs from before the first test until after the last one. */
  TestCluster cluster;

  /** On three members. */
  ClusterTest() {
    this(3);
  }

  @SuppressWarnings("NullAway.Init") // set before all tests
  ClusterTest(int members) {
    this.members = members;
  }

  @BeforeAll
  void startCluster(@TempDir Path directory) throws IOException {
    cluster = TestCluster.startSteady(directory, members);
  }

  @AfterAll
  void stopCluster() {
    cluster.close();
  }
}
