package dev.jangada.kv.command;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import java.util.List;

/**
 * How a member of the cluster presents itself to clients. Not part of the key-value data: it has no
 * revision and no range contains it.
 *
 * @param id the member's id, not 0
 * @param name its name, at most {@value #MAX_TEXT} characters
 * @param clientUrls where clients reach it, at most {@value #MAX_URLS}, each at most {@value
 *     #MAX_TEXT} characters
 */
public record MemberAttributes(long id, String name, List<String> clientUrls) {

  /** Longest name and longest URL, in characters. */
  public static final int MAX_TEXT = 2048;

  /** Most URLs of a member. */
  public static final int MAX_URLS = 64;

  public MemberAttributes {
    clientUrls = List.copyOf(clientUrls);
    if (id == 0) {
      throw new IllegalArgumentException("a member's id is not 0");
    }
    if (name.length() > MAX_TEXT || clientUrls.stream().anyMatch(url -> url.length() > MAX_TEXT)) {
      throw new IllegalArgumentException(
          "a member's name or client URL has more than " + MAX_TEXT + " characters");
    }
    if (clientUrls.size() > MAX_URLS) {
      throw new IllegalArgumentException(
          "a member has " + clientUrls.size() + " client URLs, more than " + MAX_URLS);
    }
  }

  /** Appends id, name, the number of URLs and the URLs. */
  public void writeTo(ByteWriter out) {
    out.number(id).bytes(Bytes.utf8(name)).number(clientUrls.size());
    for (String url : clientUrls) {
      out.bytes(Bytes.utf8(url));
    }
  }

  /** Reads what {@link #writeTo} wrote. */
  public static MemberAttributes readFrom(ByteReader in) throws MalformedEncodingException {
    long id = in.number();
    String name = in.text(MAX_TEXT);
    int count = in.count();
    if (id == 0 || count > MAX_URLS) {
      throw new MalformedEncodingException("member " + id + " with " + count + " client URLs");
    }
    String[] urls = new String[count];
    for (int i = 0; i < count; i++) {
      urls[i] = in.text(MAX_TEXT);
    }
    return new MemberAttributes(id, name, List.of(urls));
  }
}
