/**
 * A cluster on this host, each node a process of its own. Read {@link
 * dev.jangada.cli.cluster.LocalCluster} first.
 */
@NullMarked
package dev.jangada.cli.cluster;

import org.jspecify.annotations.NullMarked;
