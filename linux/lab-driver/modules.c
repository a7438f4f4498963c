// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Lets a module's memory be used again. KASAN puts guards around a module's variables, and where a module has its memory
 * from depends on the architecture: on User Mode Linux nobody takes the guards away with the module, and whatever is
 * loaded to its place is reported for touching them.
 */
#include <linux/init.h>
#include <linux/kasan.h>
#include <linux/module.h>
#include <linux/notifier.h>

static int lab_module_changes(struct notifier_block *block, unsigned long state, void *data)
{
	struct module *module = data;

	if (state != MODULE_STATE_GOING && state != MODULE_STATE_LIVE)
		return NOTIFY_DONE;
	for_each_mod_mem_type(type) {
		bool goes = state == MODULE_STATE_GOING || mod_mem_type_is_init(type);

		if (goes && module->mem[type].size)
			kasan_unpoison_range(module->mem[type].base, module->mem[type].size);
	}
	return NOTIFY_DONE;
}

static struct notifier_block lab_modules = { .notifier_call = lab_module_changes };

static int __init lab_modules_init(void)
{
	return register_module_notifier(&lab_modules);
}
late_initcall(lab_modules_init);
