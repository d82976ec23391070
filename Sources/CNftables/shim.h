// SPDX-License-Identifier: GPL-2.0-only

#ifndef SALLYPORT_CNFTABLES_SHIM_H
#define SALLYPORT_CNFTABLES_SHIM_H

// The kernel's headers first: those of libnetfilter_conntrack hold older copies of them.
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <nftables/libnftables.h>

#include "confinement.h"

// glibc 2.27; declared here because sys/mman.h shows it only under _GNU_SOURCE, which Swift's Glibc module is built without.
extern int memfd_create(const char *name, unsigned int flags);

#endif
