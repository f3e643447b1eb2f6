package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The numbers by which clusters and their members know each other: derived from their names, so
 * that every node works them out alike and none has to be handed out.
 *
 * <p>A number is the first eight bytes of a SHA-256 digest. Two names of one cluster meet in the
 * same number with a probability of about 2<sup>-64</sup>; a node refuses to start in a cluster
 * where they do.
 */
public final class MemberId {

  private MemberId() {}

  /**
   * The id of a member.
   *
   * @param cluster name of the cluster
   * @param id name of the member
   * @return never 0, which means "nobody"
   */
  public static long of(String cluster, String id) {
    return digest("member", cluster, id);
  }

  /**
   * The id of a cluster.
   *
   * @param cluster name of the cluster
   * @return never 0
   */
  public static long ofCluster(String cluster) {
    return digest("cluster", cluster, "");
  }

  /** How an id is written for people: 16 hexadecimal digits at most, as etcd does. */
  public static String toString(long id) {
    return Long.toHexString(id);
  }

  private static long digest(String kind, String cluster, String id) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
    // Each part with its length, so that no two lists of parts look the same to the digest.
    for (String part : new String[] {kind, cluster, id}) {
      byte[] bytes = part.getBytes(UTF_8);
      sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
      sha256.update(bytes);
    }
    long first = ByteBuffer.wrap(sha256.digest()).getLong();
    return first == 0 ? 1 : first;
  }
}
