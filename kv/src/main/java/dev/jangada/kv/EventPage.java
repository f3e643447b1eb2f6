package dev.jangada.kv;

import java.util.List;

/**
 * What some revisions, one after the other, did to some keys.
 *
 * @param events by revision; those of one revision in the order of its operations, and complete
 * @param next the revision after the last one looked at
 * @param compactedRevision the compacted revision at the time; what was asked for is gone, and the
 *     page empty, if it is above the first revision asked for
 */
public record EventPage(List<KeyEvent> events, long next, long compactedRevision) {}
