// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The platform devices that stand in for chips on I2C. */
#include <linux/err.h>
#include <linux/platform_device.h>

#include "lab.h"

static struct platform_device *chips[LAB_PERIPHERALS];

int lab_platform_set_up(struct platform_driver *driver, unsigned int devices)
{
	unsigned int i;

	for (i = 0; i < devices; i++) {
		struct platform_device *chip = platform_device_register_simple(driver->driver.name, i, NULL, 0);

		if (IS_ERR(chip))
			return PTR_ERR(chip);
		chips[i] = chip;
	}
	return platform_driver_register(driver);
}

struct device *lab_platform_device(unsigned int peripheral)
{
	return get_device(&chips[peripheral]->dev);
}
