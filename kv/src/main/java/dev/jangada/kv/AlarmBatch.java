package dev.jangada.kv;

import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.store.OrderedStore;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Changes to the alarms, as part of a {@link MvccBatch}. For one thread. */
final class AlarmBatch {

  private static final byte[] RAISED = new byte[0];

  private final Overlay overlay;
  private NavigableSet<Alarm> raised;

  AlarmBatch(Overlay overlay, NavigableSet<Alarm> before) {
    this.overlay = overlay;
    this.raised = before;
  }

  /** What a store holds of alarms. Not to be modified. */
  static NavigableSet<Alarm> load(OrderedStore.Reader reader) {
    NavigableSet<Alarm> alarms = new TreeSet<>();
    try (OrderedStore.Cursor cursor = reader.cursor(Layout.alarmsStart(), Layout.alarmsEnd())) {
      for (; cursor.isValid(); cursor.next()) {
        alarms.add(Layout.alarm(cursor.key()));
      }
    }
    return Collections.unmodifiableNavigableSet(alarms);
  }

  /** The alarms that are raised. Not to be modified, and never changed by later changes. */
  NavigableSet<Alarm> raised() {
    return raised;
  }

  boolean isRaised(AlarmType type) {
    // Almost always there are none, and this is asked for each command.
    return !raised.isEmpty() && raised.stream().anyMatch(alarm -> alarm.type() == type);
  }

  /** Raises or ends an alarm; whether it was raised before. */
  boolean change(ChangeAlarmRequest change) {
    Alarm alarm = change.alarm();
    boolean found = raised.contains(alarm);
    if (found != change.raised()) {
      NavigableSet<Alarm> next = new TreeSet<>(raised);
      if (change.raised()) {
        next.add(alarm);
        overlay.put(Layout.alarmKey(alarm), RAISED);
      } else {
        next.remove(alarm);
        overlay.delete(Layout.alarmKey(alarm));
      }
      raised = Collections.unmodifiableNavigableSet(next);
    }
    return found;
  }
}
