// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * An I2C adapter with chips on it, as a device tree describes them, that answer as far as their drivers ask: each has
 * registers, which keep what is written, and some of which say what they say in the real chip.
 *
 *	i2c {
 *		compatible = "dsi-lab,i2c";
 *		#address-cells = <1>;
 *		#size-cells = <0>;
 *		bridge@2c { compatible = "ti,sn65dsi83"; reg = <0x2c>; };
 *	};
 *
 * It has no wires: what a register does to a picture or a link is nobody's subject here. Everything on it is bound and
 * unbound by the kernel's own drivers; removing this module removes the chips first, as for every adapter.
 */
#include <linux/i2c.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../dsi-lab/i2c.h"

#define LAB_CHIPS 4
#define LAB_REGISTERS 0x1000

/* A byte of a register that answers with something of its own, whatever was written: bits that are set, or clear. */
struct lab_answer {
	u16 number;
	u8 set;
	u8 clear;
};

struct lab_chip_kind {
	const char *compatible;
	/* How many addresses on the bus it has, from its own on. */
	unsigned int addresses;
	/* How many bytes of a register's number come before the data, the highest first. */
	unsigned int number_bytes;
	const struct lab_answer *answers;
};

/* The chip's number; and a packet that has gone as soon as it is told to. */
static const struct lab_answer tc358768_answers[] = {
	{ 0x0000, 0x44 }, { 0x0001, 0x01 }, { .number = 0x0601, .clear = 0x01 }, {}
};
/* "DSI83" from its last letter on, and the revision; and a PLL that has locked as soon as it is on. */
static const struct lab_answer sn65dsi83_answers[] = {
	{ 0x00, 0x35 }, { 0x01, 0x38 }, { 0x02, 0x49 }, { 0x03, 0x53 }, { 0x04, 0x44 },
	{ 0x05, 0x20 }, { 0x06, 0x20 }, { 0x07, 0x20 }, { 0x08, 0x01 }, { 0x0a, 0x80 }, {}
};
static const struct lab_answer icn6211_answers[] = { { 0x00, 0xc1 }, { 0x01, 0x62 }, { 0x02, 0x11 }, {} };
/* A monitor is there. */
static const struct lab_answer lt8912b_answers[] = { { 0xc1, 0x80 }, {} };

static const struct lab_chip_kind kinds[] = {
	{ "toshiba,tc358768", 1, 2, tc358768_answers },
	{ "ti,sn65dsi83", 1, 1, sn65dsi83_answers },
	{ "chipone,icn6211", 1, 1, icn6211_answers },
	{ "lontium,lt8912b", 2, 1, lt8912b_answers },
};

struct lab_chip {
	const struct lab_chip_kind *kind;
	u32 address;
	/* The register that is read or written next. */
	u16 next;
	u8 registers[LAB_REGISTERS];
};

struct lab_adapter {
	struct i2c_adapter adapter;
	unsigned int chips;
	struct lab_chip *chip[LAB_CHIPS];
};

static struct lab_chip *chip_at(struct lab_adapter *lab, u16 address)
{
	unsigned int i;

	for (i = 0; i < lab->chips; i++) {
		struct lab_chip *chip = lab->chip[i];

		if (address >= chip->address && address - chip->address < chip->kind->addresses)
			return chip;
	}
	return NULL;
}

static u8 answer(const struct lab_chip *chip, u16 number)
{
	const struct lab_answer *known = chip->kind->answers;
	u8 value = chip->registers[number];

	for (; known->set || known->clear; known++)
		if (known->number == number)
			value = (value | known->set) & ~known->clear;
	return value;
}

static void take_message(struct lab_chip *chip, struct i2c_msg *msg)
{
	unsigned int i = 0;

	if (!(msg->flags & I2C_M_RD)) {
		u16 number = 0;

		for (; i < chip->kind->number_bytes && i < msg->len; i++)
			number = number << 8 | msg->buf[i];
		chip->next = number % LAB_REGISTERS;
	}
	for (; i < msg->len; i++) {
		if (msg->flags & I2C_M_RD)
			msg->buf[i] = answer(chip, chip->next);
		else
			chip->registers[chip->next] = msg->buf[i];
		chip->next = (chip->next + 1) % LAB_REGISTERS;
	}
}

/* The core calls it under the adapter's lock. */
static int lab_transfer(struct i2c_adapter *adapter, struct i2c_msg *msgs, int count)
{
	struct lab_adapter *lab = i2c_get_adapdata(adapter);
	int i;

	for (i = 0; i < count; i++) {
		struct lab_chip *chip = chip_at(lab, msgs[i].addr);

		/* Nobody pulls the line down. */
		if (!chip)
			return -ENXIO;
		if (i == 0)
			lab_i2c_count(adapter->nr, msgs[i].addr);
		take_message(chip, &msgs[i]);
	}
	return count;
}

static u32 lab_functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm lab_algorithm = {
	.master_xfer = lab_transfer,
	.functionality = lab_functionality,
};

static int add_chip(struct device *dev, struct lab_adapter *lab, struct device_node *node)
{
	struct lab_chip *chip;
	unsigned int i;

	if (lab->chips == LAB_CHIPS)
		return -ENOSPC;
	chip = devm_kzalloc(dev, sizeof(*chip), GFP_KERNEL);
	if (!chip)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (of_device_is_compatible(node, kinds[i].compatible))
			chip->kind = &kinds[i];
	if (!chip->kind)
		return dev_err_probe(dev, -EINVAL, "%pOF is a chip that this adapter does not know\n", node);
	lab->chip[lab->chips++] = chip;
	return of_property_read_u32(node, "reg", &chip->address);
}

static int lab_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct lab_adapter *lab = devm_kzalloc(dev, sizeof(*lab), GFP_KERNEL);
	int ret;

	if (!lab)
		return -ENOMEM;
	for_each_available_child_of_node_scoped(dev->of_node, node) {
		ret = add_chip(dev, lab, node);
		if (ret)
			return ret;
	}
	lab->adapter.owner = THIS_MODULE;
	lab->adapter.algo = &lab_algorithm;
	lab->adapter.dev.parent = dev;
	lab->adapter.dev.of_node = dev->of_node;
	strscpy(lab->adapter.name, "dsi-lab", sizeof(lab->adapter.name));
	i2c_set_adapdata(&lab->adapter, lab);
	platform_set_drvdata(pdev, lab);
	return i2c_add_adapter(&lab->adapter);
}

static void lab_remove(struct platform_device *pdev)
{
	struct lab_adapter *lab = platform_get_drvdata(pdev);

	i2c_del_adapter(&lab->adapter);
}

static const struct of_device_id lab_match[] = { { .compatible = "dsi-lab,i2c" }, {} };
MODULE_DEVICE_TABLE(of, lab_match);

static struct platform_driver lab_driver = {
	.driver = { .name = "dsi-lab-i2c", .of_match_table = lab_match },
	.probe = lab_probe,
	.remove = lab_remove,
};
module_platform_driver(lab_driver);

MODULE_DESCRIPTION("An I2C adapter with DSI chips that have registers and no wires");
MODULE_LICENSE("Dual MIT/GPL");
