// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Some lines that can be driven and lead nowhere: drivers of chips ask for them. */
#include <linux/gpio/driver.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#define LAB_LINES 4

static int lab_direction_output(struct gpio_chip *chip, unsigned int line, int value)
{
	return 0;
}

static void lab_set(struct gpio_chip *chip, unsigned int line, int value)
{
}

static int lab_probe(struct platform_device *pdev)
{
	struct gpio_chip *chip = devm_kzalloc(&pdev->dev, sizeof(*chip), GFP_KERNEL);

	if (!chip)
		return -ENOMEM;
	chip->label = "dsi-lab";
	chip->parent = &pdev->dev;
	chip->owner = THIS_MODULE;
	chip->base = -1;
	chip->ngpio = LAB_LINES;
	chip->direction_output = lab_direction_output;
	chip->set = lab_set;
	return devm_gpiochip_add_data(&pdev->dev, chip, NULL);
}

static const struct of_device_id lab_match[] = { { .compatible = "dsi-lab,gpio" }, {} };
MODULE_DEVICE_TABLE(of, lab_match);

static struct platform_driver lab_driver = {
	.driver = { .name = "dsi-lab-gpio", .of_match_table = lab_match },
	.probe = lab_probe,
};
module_platform_driver(lab_driver);

MODULE_DESCRIPTION("GPIO lines that lead nowhere");
MODULE_LICENSE("Dual MIT/GPL");
