// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The display controller before the host: a KMS driver with nothing to show. Hosts that are bridges themselves transfer
 * only while they are enabled, and a display controller enables them:
 *
 *	echo 1 > /sys/bus/platform/drivers/dsi-lab-kms/display-controller/enabled
 *
 * The first connector's first mode is set, without a framebuffer; 0 shuts everything off. What a display controller does
 * with memory and pixels is nobody's subject here.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_atomic_uapi.h>
#include <drm/drm_bridge.h>
#include <drm/drm_connector.h>
#include <drm/drm_crtc.h>
#include <drm/drm_drv.h>
#include <drm/drm_encoder.h>
#include <drm/drm_file.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_mode_config.h>
#include <drm/drm_modeset_lock.h>
#include <drm/drm_of.h>
#include <drm/drm_plane.h>
#include <drm/drm_probe_helper.h>

#define LAB_LARGEST 4096

struct lab_kms {
	struct drm_device drm;
	struct drm_plane *plane;
	struct drm_crtc crtc;
	struct drm_encoder encoder;
};

/* There is nothing to draw and nothing to switch: the bridges behind it have all the work. */
static void lab_plane_update(struct drm_plane *plane, struct drm_atomic_state *state)
{
}

static void lab_crtc_switch(struct drm_crtc *crtc, struct drm_atomic_state *state)
{
}

static const struct drm_plane_helper_funcs lab_plane_helpers = { .atomic_update = lab_plane_update };

static const struct drm_plane_funcs lab_plane_funcs = {
	.update_plane = drm_atomic_helper_update_plane,
	.disable_plane = drm_atomic_helper_disable_plane,
	.reset = drm_atomic_helper_plane_reset,
	.atomic_duplicate_state = drm_atomic_helper_plane_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_plane_destroy_state,
};

static const struct drm_crtc_helper_funcs lab_crtc_helpers = {
	.atomic_enable = lab_crtc_switch,
	.atomic_disable = lab_crtc_switch,
};

static const struct drm_crtc_funcs lab_crtc_funcs = {
	.set_config = drm_atomic_helper_set_config,
	.page_flip = drm_atomic_helper_page_flip,
	.reset = drm_atomic_helper_crtc_reset,
	.atomic_duplicate_state = drm_atomic_helper_crtc_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_crtc_destroy_state,
};

static const struct drm_mode_config_funcs lab_mode_config_funcs = {
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = drm_atomic_helper_commit,
};

DEFINE_DRM_GEM_FOPS(lab_fops);

static const struct drm_driver lab_drm_driver = {
	.driver_features = DRIVER_MODESET | DRIVER_ATOMIC,
	.fops = &lab_fops,
	.name = "dsi-lab",
	.desc = "DSI lab",
	.major = 1,
};

static struct drm_connector *first_connector(struct drm_device *drm)
{
	struct drm_connector_list_iter iter;
	struct drm_connector *connector;

	drm_connector_list_iter_begin(drm, &iter);
	connector = drm_connector_list_iter_next(&iter);
	if (connector)
		drm_connector_get(connector);
	drm_connector_list_iter_end(&iter);
	return connector;
}

static int first_mode(struct drm_connector *connector, struct drm_display_mode *mode)
{
	struct drm_device *drm = connector->dev;
	struct drm_display_mode *first;

	mutex_lock(&drm->mode_config.mutex);
	connector->funcs->fill_modes(connector, LAB_LARGEST, LAB_LARGEST);
	first = list_first_entry_or_null(&connector->modes, struct drm_display_mode, head);
	if (first)
		drm_mode_copy(mode, first);
	mutex_unlock(&drm->mode_config.mutex);
	return first ? 0 : -ENODATA;
}

static int commit(struct lab_kms *kms, struct drm_connector *connector, const struct drm_display_mode *mode,
		  struct drm_modeset_acquire_ctx *ctx)
{
	struct drm_connector_state *connector_state;
	struct drm_crtc_state *crtc_state;
	struct drm_atomic_state *state = drm_atomic_state_alloc(&kms->drm);
	int ret;

	if (!state)
		return -ENOMEM;
	state->acquire_ctx = ctx;
	crtc_state = drm_atomic_get_crtc_state(state, &kms->crtc);
	connector_state = drm_atomic_get_connector_state(state, connector);
	ret = PTR_ERR_OR_ZERO(crtc_state) ?: PTR_ERR_OR_ZERO(connector_state);
	if (!ret)
		ret = drm_atomic_set_mode_for_crtc(crtc_state, mode);
	if (!ret) {
		crtc_state->active = true;
		ret = drm_atomic_set_crtc_for_connector(connector_state, &kms->crtc);
	}
	if (!ret)
		ret = drm_atomic_commit(state);
	drm_atomic_state_put(state);
	return ret;
}

static int switch_on(struct lab_kms *kms)
{
	struct drm_connector *connector = first_connector(&kms->drm);
	struct drm_modeset_acquire_ctx ctx;
	struct drm_display_mode mode = {};
	int ret;

	if (!connector)
		return -ENODEV;
	ret = first_mode(connector, &mode);
	if (!ret) {
		DRM_MODESET_LOCK_ALL_BEGIN((&kms->drm), ctx, 0, ret);
		ret = commit(kms, connector, &mode, &ctx);
		DRM_MODESET_LOCK_ALL_END((&kms->drm), ctx, ret);
	}
	drm_connector_put(connector);
	return ret;
}

static ssize_t enabled_store(struct device *dev, struct device_attribute *attr, const char *text, size_t len)
{
	struct lab_kms *kms = dev_get_drvdata(dev);
	bool wanted;
	int ret = kstrtobool(text, &wanted);

	if (!ret && wanted)
		ret = switch_on(kms);
	else if (!ret)
		drm_atomic_helper_shutdown(&kms->drm);
	return ret ?: len;
}
static DEVICE_ATTR_WO(enabled);

static struct attribute *lab_attrs[] = { &dev_attr_enabled.attr, NULL };
ATTRIBUTE_GROUPS(lab);

static int lab_probe(struct platform_device *pdev)
{
	static const u32 formats[] = { DRM_FORMAT_XRGB8888 };
	struct device *dev = &pdev->dev;
	struct drm_bridge *bridge;
	struct lab_kms *kms;
	int ret;

	/* The host's bridge is there once something is attached to the host. */
	bridge = devm_drm_of_get_bridge(dev, dev->of_node, 0, 0);
	if (IS_ERR(bridge))
		return PTR_ERR(bridge);
	kms = devm_drm_dev_alloc(dev, &lab_drm_driver, struct lab_kms, drm);
	if (IS_ERR(kms))
		return PTR_ERR(kms);
	ret = drmm_mode_config_init(&kms->drm);
	if (ret)
		return ret;
	kms->drm.mode_config.max_width = LAB_LARGEST;
	kms->drm.mode_config.max_height = LAB_LARGEST;
	kms->drm.mode_config.funcs = &lab_mode_config_funcs;
	kms->plane = __drmm_universal_plane_alloc(&kms->drm, sizeof(*kms->plane), 0, 1, &lab_plane_funcs, formats,
						  ARRAY_SIZE(formats), NULL, DRM_PLANE_TYPE_PRIMARY, NULL);
	if (IS_ERR(kms->plane))
		return PTR_ERR(kms->plane);
	drm_plane_helper_add(kms->plane, &lab_plane_helpers);
	ret = drmm_crtc_init_with_planes(&kms->drm, &kms->crtc, kms->plane, NULL, &lab_crtc_funcs, NULL);
	if (ret)
		return ret;
	drm_crtc_helper_add(&kms->crtc, &lab_crtc_helpers);
	ret = drmm_encoder_init(&kms->drm, &kms->encoder, NULL, DRM_MODE_ENCODER_NONE, NULL);
	if (ret)
		return ret;
	kms->encoder.possible_crtcs = drm_crtc_mask(&kms->crtc);
	ret = drm_bridge_attach(&kms->encoder, bridge, NULL, 0);
	if (ret)
		return ret;
	drm_mode_config_reset(&kms->drm);
	dev_set_drvdata(dev, kms);
	return drm_dev_register(&kms->drm, 0);
}

static void lab_remove(struct platform_device *pdev)
{
	struct lab_kms *kms = platform_get_drvdata(pdev);

	drm_dev_unregister(&kms->drm);
	drm_atomic_helper_shutdown(&kms->drm);
}

static const struct of_device_id lab_match[] = { { .compatible = "dsi-lab,kms" }, {} };
MODULE_DEVICE_TABLE(of, lab_match);

static struct platform_driver lab_driver = {
	.driver = { .name = "dsi-lab-kms", .of_match_table = lab_match, .dev_groups = lab_groups },
	.probe = lab_probe,
	.remove = lab_remove,
};
module_platform_driver(lab_driver);

MODULE_DESCRIPTION("A display controller that shows nothing");
MODULE_LICENSE("Dual MIT/GPL");
