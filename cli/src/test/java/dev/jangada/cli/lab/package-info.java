/** Tests of the command that runs the laboratory. */
@NullMarked
package dev.jangada.cli.lab;

import org.jspecify.annotations.NullMarked;
