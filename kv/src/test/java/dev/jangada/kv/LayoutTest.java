package dev.jangada.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyValue;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

class LayoutTest {

  @Property
  void historySortsByKeyAndThenNewestFirst(
      @ForAll("keys") Bytes a,
      @ForAll("keys") Bytes b,
      @ForAll @LongRange(min = 1) long r,
      @ForAll @LongRange(min = 1) long s) {
    int order = Arrays.compareUnsigned(Layout.historyKey(a, r), Layout.historyKey(b, s));
    int expected = a.equals(b) ? Long.compare(s, r) : a.compareTo(b);
    assertThat(Integer.signum(order)).isEqualTo(Integer.signum(expected));
  }

  @Property
  void startAndEndOfAKeyEncloseItsHistoryAndNothingElse(
      @ForAll("keys") Bytes a, @ForAll("keys") Bytes b, @ForAll @LongRange(min = 1) long r) {
    byte[] entry = Layout.historyKey(b, r);
    boolean within =
        Arrays.compareUnsigned(Layout.historyStart(a), entry) <= 0
            && Arrays.compareUnsigned(entry, Layout.historyEnd(a)) < 0;
    assertThat(within).isEqualTo(a.equals(b));
  }

  @Property
  void keyAndRevisionComeBackFromTheHistory(
      @ForAll("keys") Bytes key, @ForAll @LongRange(min = 1) long revision) {
    byte[] entry = Layout.historyKey(key, revision);
    assertThat(Layout.keyOfHistory(entry)).isEqualTo(key);
    assertThat(Layout.revisionOfHistory(entry)).isEqualTo(revision);
  }

  @Property
  void versionAndEventComeBack(
      @ForAll("keys") Bytes key,
      @ForAll("keys") Bytes value,
      @ForAll @LongRange(min = 1) long revision,
      @ForAll long lease) {
    byte[] version = Layout.version(revision, revision + 1, 3, lease, value);
    assertThat(Layout.version(key, version))
        .isEqualTo(new KeyValue(key, revision, revision + 1, 3, value, lease));
    assertThat(Layout.modRevision(version)).isEqualTo(revision + 1);
    byte[] event = Layout.event(true, revision, key);
    assertThat(Layout.event(Layout.indexKey(revision, 1), event))
        .isEqualTo(new Layout.Event(true, revision, key));
  }

  /** Many zero bytes and bytes around those of the escape. */
  @Provide
  Arbitrary<Bytes> keys() {
    return Arbitraries.of((byte) 0, (byte) 1, (byte) 2, (byte) 'a', (byte) 0xfe, (byte) 0xff)
        .array(byte[].class)
        .ofMaxSize(5)
        .map(Bytes::wrap);
  }
}
