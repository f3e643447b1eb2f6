/** Tests of settings that are not given as flags. */
@NullMarked
package dev.jangada.cli.config;

import org.jspecify.annotations.NullMarked;
