package dev.jangada.simulation;

/** Something that must always hold did not. */
public final class PropertyViolation extends AssertionError {

  private static final long serialVersionUID = 1L;

  PropertyViolation(Property property, String what) {
    super(property.name() + ": " + what);
  }
}
