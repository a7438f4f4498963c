// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Leaves the time to kmemleak to find what was lost.
 *
 * Its thread scans a minute after the boot, and ten minutes after that; an object has to be unreferenced in two scans.
 * In the time travel mode of User Mode Linux such minutes pass as soon as nobody has anything to do. What is found is
 * printed where the kernel was started with kmemleak.verbose=1.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "lab.h"

#define TWO_SCANS_S (60 + 600 + 10)

void lab_leaks_say(void)
{
	unsigned long end = INITIAL_JIFFIES + TWO_SCANS_S * HZ;

	/* Not uninterruptible: khungtaskd would take us for a task that hangs. */
	while (time_before(jiffies, end))
		schedule_timeout_interruptible(end - jiffies);
}
