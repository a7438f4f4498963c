// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Calls every function that sends, and every helper for packets, with arguments drawn from a seed, and says for each call
 * what reached the host and what was returned. Two cores say the same for the same seed, or differ in a line.
 *
 *   dsi_lab.bytes=1      the seed; the machine halts afterwards
 *   dsi_lab.rounds=100   how often each function is called
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include <drm/display/drm_dsc.h>
#include <drm/drm_mipi_dsi.h>

#include "lab.h"

static uint seed, rounds = 100;
module_param_named(bytes, seed, uint, 0400);
MODULE_PARM_DESC(bytes, "the seed of the arguments; 0 calls nothing");
module_param(rounds, uint, 0400);
MODULE_PARM_DESC(rounds, "how often each function is called");

#define MOST_BYTES 300

static struct rnd_state state;

static u32 draw(u32 below)
{
	return prandom_u32_state(&state) % below;
}

/* What the host was asked last, and how often since the call began. */
static struct {
	unsigned int count;
	struct mipi_dsi_msg msg;
	u32 tx_hash;
	ssize_t answer;
} seen;

/* What it answers: an error, no bytes, fewer than were asked for, or all. */
static ssize_t bytes_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	seen.count++;
	seen.msg = *msg;
	seen.tx_hash = msg->tx_buf ? jhash(msg->tx_buf, msg->tx_len, 0) : 0;
	if (msg->rx_buf)
		prandom_bytes_state(&state, msg->rx_buf, msg->rx_len);
	switch (draw(4)) {
	case 0:
		seen.answer = -(ssize_t)(1 + draw(100));
		break;
	case 1:
		seen.answer = msg->rx_len ? draw(msg->rx_len + 1) : 0;
		break;
	default:
		seen.answer = msg->rx_len ?: msg->tx_len;
	}
	return seen.answer;
}

static int bytes_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	return 0;
}

static const struct mipi_dsi_host_ops bytes_ops = {
	.attach = bytes_attach,
	.detach = bytes_attach,
	.transfer = bytes_transfer,
};

/* The arguments of one call. */
static struct {
	struct mipi_dsi_device *dsi;
	struct mipi_dsi_multi_context ctx;
	u8 in[MOST_BYTES], out[MOST_BYTES];
	size_t len, len_out;
	u16 a, b;
	u8 byte;
	u32 word;
	/* A pointer to no data. */
	const void *data;
} arg;

static void draw_arguments(void)
{
	struct mipi_dsi_device *dsi = arg.dsi;

	prandom_bytes_state(&state, arg.in, sizeof(arg.in));
	memset(arg.out, 0, sizeof(arg.out));
	/* Often few, as most lengths make no difference. */
	arg.len = draw(2) ? draw(10) : draw(MOST_BYTES);
	arg.len_out = 1 + draw(4);
	arg.a = draw(0x10000);
	arg.b = draw(0x10000);
	arg.byte = draw(0x100);
	arg.word = draw(6);
	arg.data = draw(8) ? arg.in : NULL;
	arg.ctx.dsi = dsi;
	arg.ctx.accum_err = draw(4) ? 0 : -(int)(1 + draw(100));
	dsi->mode_flags = draw(2) ? MIPI_DSI_MODE_LPM : 0;
	memset(&seen, 0, sizeof(seen));
}

/* Those that return a number; what they have read is in `out`. */
#define NUMBERS(X) \
	X(mipi_dsi_shutdown_peripheral, (arg.dsi)) \
	X(mipi_dsi_turn_on_peripheral, (arg.dsi)) \
	X(mipi_dsi_set_maximum_return_packet_size, (arg.dsi, arg.a)) \
	X(mipi_dsi_compression_mode, (arg.dsi, arg.byte & 1)) \
	X(mipi_dsi_compression_mode_ext, (arg.dsi, arg.byte & 1, arg.word, arg.a % 6)) \
	X(mipi_dsi_picture_parameter_set, (arg.dsi, (const void *)arg.in)) \
	X(mipi_dsi_generic_write, (arg.dsi, arg.in, arg.len)) \
	X(mipi_dsi_generic_write_chatty, (arg.dsi, arg.in, arg.len)) \
	X(mipi_dsi_generic_read, (arg.dsi, arg.in, arg.word, arg.out, arg.len_out)) \
	X(mipi_dsi_dcs_write_buffer, (arg.dsi, arg.in, arg.len)) \
	X(mipi_dsi_dcs_write_buffer_chatty, (arg.dsi, arg.in, arg.len)) \
	X(mipi_dsi_dcs_write, (arg.dsi, arg.byte, arg.data, arg.len)) \
	X(mipi_dsi_dcs_read, (arg.dsi, arg.byte, arg.out, arg.len_out)) \
	X(mipi_dsi_dcs_nop, (arg.dsi)) \
	X(mipi_dsi_dcs_soft_reset, (arg.dsi)) \
	X(mipi_dsi_dcs_get_power_mode, (arg.dsi, arg.out)) \
	X(mipi_dsi_dcs_get_pixel_format, (arg.dsi, arg.out)) \
	X(mipi_dsi_dcs_enter_sleep_mode, (arg.dsi)) \
	X(mipi_dsi_dcs_exit_sleep_mode, (arg.dsi)) \
	X(mipi_dsi_dcs_set_display_off, (arg.dsi)) \
	X(mipi_dsi_dcs_set_display_on, (arg.dsi)) \
	X(mipi_dsi_dcs_set_column_address, (arg.dsi, arg.a, arg.b)) \
	X(mipi_dsi_dcs_set_page_address, (arg.dsi, arg.a, arg.b)) \
	X(mipi_dsi_dcs_set_tear_off, (arg.dsi)) \
	X(mipi_dsi_dcs_set_tear_on, (arg.dsi, arg.word)) \
	X(mipi_dsi_dcs_set_pixel_format, (arg.dsi, arg.byte)) \
	X(mipi_dsi_dcs_set_tear_scanline, (arg.dsi, arg.a)) \
	X(mipi_dsi_dcs_set_display_brightness, (arg.dsi, arg.a)) \
	X(mipi_dsi_dcs_get_display_brightness, (arg.dsi, (u16 *)arg.out)) \
	X(mipi_dsi_dcs_set_display_brightness_large, (arg.dsi, arg.a)) \
	X(mipi_dsi_dcs_get_display_brightness_large, (arg.dsi, (u16 *)arg.out))

/* Those that keep an error in their context. */
#define CONTEXTS(X) \
	X(mipi_dsi_compression_mode_ext_multi, (&arg.ctx, arg.byte & 1, arg.word, arg.a % 6)) \
	X(mipi_dsi_picture_parameter_set_multi, (&arg.ctx, (const void *)arg.in)) \
	X(mipi_dsi_generic_write_multi, (&arg.ctx, arg.in, arg.len)) \
	X(mipi_dsi_dcs_write_buffer_multi, (&arg.ctx, arg.in, arg.len)) \
	X(mipi_dsi_dcs_nop_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_enter_sleep_mode_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_exit_sleep_mode_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_set_display_off_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_set_display_on_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_set_tear_on_multi, (&arg.ctx, arg.word)) \
	X(mipi_dsi_turn_on_peripheral_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_soft_reset_multi, (&arg.ctx)) \
	X(mipi_dsi_dcs_set_display_brightness_multi, (&arg.ctx, arg.a)) \
	X(mipi_dsi_dcs_set_pixel_format_multi, (&arg.ctx, arg.byte)) \
	X(mipi_dsi_dcs_set_column_address_multi, (&arg.ctx, arg.a, arg.b)) \
	X(mipi_dsi_dcs_set_page_address_multi, (&arg.ctx, arg.a, arg.b)) \
	X(mipi_dsi_dcs_set_tear_scanline_multi, (&arg.ctx, arg.a))

#define CALL_NUMBER(name, arguments) static ssize_t call_##name(void) { return name arguments; }
#define CALL_CONTEXT(name, arguments) static ssize_t call_##name(void) { name arguments; return arg.ctx.accum_err; }
NUMBERS(CALL_NUMBER)
CONTEXTS(CALL_CONTEXT)

#define ENTRY(name, arguments) { #name, call_##name },
static const struct {
	const char *name;
	ssize_t (*call)(void);
} functions[] = { NUMBERS(ENTRY) CONTEXTS(ENTRY) };

static void say_call(const char *name, ssize_t result)
{
	const struct mipi_dsi_msg *msg = &seen.msg;

	lab_say("bytes: %s len %zu data %d err %d: sent %u channel %u type %02x flags %x tx %zu %08x rx %zu answer %zd: returned %zd read %*phN",
		name, arg.len, !!arg.data, arg.ctx.accum_err, seen.count, msg->channel, msg->type, msg->flags,
		msg->tx_len, seen.tx_hash, msg->rx_len, seen.answer, result, 4, arg.out);
}

static void say_packets(void)
{
	static const size_t lengths[] = { 0, 1, 2, 3, 200, 0xffff, 0x10000, 0x12345 };
	unsigned int type, i;

	for (type = 0; type < 0x100; type++) {
		lab_say("bytes: type %02x: short %d long %d", type, mipi_dsi_packet_format_is_short(type),
			mipi_dsi_packet_format_is_long(type));
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			struct mipi_dsi_msg msg = { .type = type, .channel = (type + i) % 5, .tx_len = lengths[i], .tx_buf = arg.in };
			struct mipi_dsi_packet packet = { };
			int ret = mipi_dsi_create_packet(&packet, &msg);

			lab_say("bytes: packet %02x channel %u tx %zu: returned %d size %zu header %4phN payload %zu at %zd", type,
				msg.channel, msg.tx_len, ret, packet.size, packet.header, packet.payload_length,
				packet.payload ? packet.payload - arg.in : -1);
		}
	}
}

bool lab_bytes(void)
{
	const struct mipi_dsi_device_info info = { .type = "lab-bytes", .channel = 2 };
	static struct mipi_dsi_host host = { .ops = &bytes_ops };
	struct platform_device *pdev;
	unsigned int round, i;

	if (!seed)
		return false;
	pdev = platform_device_register_simple("lab-bytes", -1, NULL, 0);
	if (IS_ERR(pdev))
		return true;
	host.dev = &pdev->dev;
	if (mipi_dsi_host_register(&host))
		return true;
	arg.dsi = mipi_dsi_device_register_full(&host, &info);
	if (IS_ERR(arg.dsi) || mipi_dsi_attach(arg.dsi))
		return true;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		for (round = 0; round < rounds; round++) {
			/* A call of another function draws as much, or less: each call begins at a place of its own. */
			prandom_seed_state(&state, (u64)seed << 32 | i << 16 | round);
			draw_arguments();
			say_call(functions[i].name, functions[i].call());
		}
	prandom_seed_state(&state, seed);
	draw_arguments();
	say_packets();
	mipi_dsi_detach(arg.dsi);
	mipi_dsi_device_unregister(arg.dsi);
	mipi_dsi_host_unregister(&host);
	lab_say("bytes: end: functions %zu", ARRAY_SIZE(functions));
	return true;
}
