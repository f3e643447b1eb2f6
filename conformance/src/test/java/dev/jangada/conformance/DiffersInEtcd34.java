package dev.jangada.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test of what etcd 3.4 does differently, which is not run against it. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface DiffersInEtcd34 {

  /** What etcd 3.4 does, and why this cluster does not; it is in docs/compatibility.md. */
  String value();
}
