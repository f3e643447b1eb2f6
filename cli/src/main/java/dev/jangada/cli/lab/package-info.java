/** The command that runs the laboratory. Read {@link dev.jangada.cli.lab.LabCommand} first. */
@NullMarked
package dev.jangada.cli.lab;

import org.jspecify.annotations.NullMarked;
