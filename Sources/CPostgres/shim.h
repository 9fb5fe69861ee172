#pragma once
#include <libpq-fe.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A file in memory that ends with its last descriptor, closed on exec: memfd_create(2), which glibc declares only for
/// _GNU_SOURCE, and which Swift's own module of glibc therefore lacks.
static inline int private_file(void) { return (int)syscall(SYS_memfd_create, "postgres-client", 1U /* MFD_CLOEXEC */); }
