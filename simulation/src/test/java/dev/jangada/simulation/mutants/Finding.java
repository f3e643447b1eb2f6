package dev.jangada.simulation.mutants;

/**
 * That a run went wrong.
 *
 * @param property what did not hold, in a few words
 * @param message all that is known of it
 */
public record Finding(String property, String message) {}
