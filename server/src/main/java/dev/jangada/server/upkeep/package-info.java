/**
 * What a member does by itself: keeping the store in bounds, an eye on the disk, and another one on
 * whether all members still have the same. Begin with {@link
 * dev.jangada.server.upkeep.CompactionSchedule}, which decides when old revisions go, or with
 * {@link dev.jangada.server.upkeep.CorruptionCheck}.
 */
@NullMarked
package dev.jangada.server.upkeep;

import org.jspecify.annotations.NullMarked;
