// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How long things sleep: as long as ever, or, with dsi_lab.seed=N, for times that a generator draws. In time travel
 * threads change places only where one sleeps, so another seed is another interleaving, and the same seed the same one.
 *
 * Timers go by ticks, of which a second has a hundred: what ends in the same tick ends together.
 */
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>

#include "lab.h"

/* A sleep that is shorter than this is not divided: it would be none. */
#define TWO_TICKS_MS 20

static unsigned int seed;
module_param(seed, uint, 0400);
MODULE_PARM_DESC(seed, "draws the times of sleeping from this; 0: they are the same in every run");

static struct rnd_state generator;
/* Any thread draws. */
static DEFINE_SPINLOCK(generator_lock);

void lab_chance_set_up(void)
{
	/* The states of small seeds resemble each other, and so do the first numbers that come of them. */
	unsigned int alike = 10;

	if (!seed)
		return;
	prandom_seed_state(&generator, seed);
	while (alike--)
		prandom_u32_state(&generator);
	lab_say("seed %u", seed);
}

/* From 1 to `most`. */
static unsigned int draw(unsigned int most)
{
	u32 drawn;

	spin_lock(&generator_lock);
	drawn = prandom_u32_state(&generator);
	spin_unlock(&generator_lock);
	return 1 + (mul_u32_u32(drawn, most) >> 32);
}

void lab_sleep(unsigned int usual_ms, unsigned int most_ms)
{
	msleep(seed ? draw(most_ms) : usual_ms);
}

unsigned int lab_call_ms(void)
{
	return seed ? draw(2 * LAB_SLOW_MS) : LAB_SLOW_MS;
}

unsigned int lab_part_of(unsigned int ms)
{
	return seed && ms > TWO_TICKS_MS ? draw(ms) : ms;
}
