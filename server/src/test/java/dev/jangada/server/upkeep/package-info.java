/** Tests of upkeep: quotas and schedules, by clocks and sizes set by hand. */
@NullMarked
package dev.jangada.server.upkeep;

import org.jspecify.annotations.NullMarked;
