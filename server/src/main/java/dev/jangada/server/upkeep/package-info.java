/**
 * What a member does by itself to keep the store in bounds. Begin with {@link
 * dev.jangada.server.upkeep.CompactionSchedule}, which decides when old revisions go.
 */
@NullMarked
package dev.jangada.server.upkeep;

import org.jspecify.annotations.NullMarked;
