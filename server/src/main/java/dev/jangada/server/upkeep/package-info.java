/**
 * What a member does by itself: keeping the store in bounds, and an eye on the disk. Begin with
 * {@link dev.jangada.server.upkeep.CompactionSchedule}, which decides when old revisions go.
 */
@NullMarked
package dev.jangada.server.upkeep;

import org.jspecify.annotations.NullMarked;
