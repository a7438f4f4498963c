/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the modules with the chips call in the kernel. */
#ifndef DSI_LAB_I2C_H
#define DSI_LAB_I2C_H

#include <linux/types.h>

/* A chip at this address was asked for something: one transfer, however many messages it has. */
void lab_i2c_count(int adapter, u16 address);

#endif
