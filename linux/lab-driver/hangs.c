// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Leaves the time to khungtaskd to find tasks that nobody waits for and that wait for ever: a worker of the kernel's, or
 * what a user has sent to the background. It looks every few seconds (CONFIG_DEFAULT_HUNG_TASK_TIMEOUT, which has to be
 * 3), at tasks that it has seen before. In the time travel mode of User Mode Linux that costs nothing.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "lab.h"

#define THREE_LOOKS_S 10

void lab_hangs_say(void)
{
	unsigned long end = jiffies + THREE_LOOKS_S * HZ;

	/* Not uninterruptible: khungtaskd would take us for one of them. */
	while (time_before(jiffies, end))
		schedule_timeout_interruptible(end - jiffies);
}
