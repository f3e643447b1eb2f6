/**
 * What happened in a run, event by event, and how people look at it. Read {@link
 * dev.jangada.simulation.trace.TraceEvent} first, then {@link
 * dev.jangada.simulation.trace.TextTrace}, whose lines are both the text form and the data of the
 * page that {@link dev.jangada.simulation.trace.HtmlTrace} writes.
 */
@NullMarked
package dev.jangada.simulation.trace;

import org.jspecify.annotations.NullMarked;
