//! Line 6: an attach, register or lookup that meets a removal completes and is undone by it, or fails with "host gone".

use super::support::*;
use mipi_dsi::bus::{AttachError, Commands, DeviceInfo, Gone, HostInfo, RegisterDeviceError, TransferError};
use mipi_dsi::dcs;
use std::sync::Arc;
use std::thread;

#[test]
fn an_attach_that_is_running_completes_and_is_then_undone() {
    let bus = bus();
    let (controller, peripheral) = (TestHost::new(), TestPeripheral::new());
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let reference = host.reference();
    let device = Arc::new(
        reference.register_device(DeviceInfo::new(VC0, "panel").listener(peripheral.clone())).unwrap(),
    );
    let (attaching, go_on) = (Gate::default(), Gate::default());
    {
        let (attaching, go_on) = (attaching.clone(), go_on.clone());
        controller.on_attach(move |_| {
            attaching.open();
            go_on.pass();
        });
    }
    let attach = {
        let device = device.clone();
        thread::spawn(move || device.attach(CONFIG))
    };
    attaching.pass();
    let remover = thread::spawn(move || host.unregister().unwrap().map(|controller| controller.retire()));
    let_others_run();
    assert!(!remover.is_finished());
    assert_eq!(peripheral.told(), 0, "one who is attaching gets their link before they are told");
    go_on.open();
    let link = attach.join().unwrap().expect("the attach completed");
    assert!(remover.join().unwrap().is_some());
    assert_eq!(controller.counts(), [1, 1, 0]);
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    assert_eq!(peripheral.told(), 1);
    controller.assert_quiet();
}

#[test]
fn what_comes_while_the_host_is_leaving_fails() {
    let Attached { controller, host, peripheral, bus, device: _device, link: _link, .. } = Attached::new();
    let reference = host.reference();
    let idle = Arc::new(host.register_device(DeviceInfo::new(VC1, "idle")).unwrap());
    {
        let idle = idle.clone();
        peripheral.on_leaving(move |_| {
            let gone = Gone::HostRemoved;
            assert_eq!(idle.attach(CONFIG).err(), Some(AttachError::Gone(gone)));
            let taken =
                reference.register_device(DeviceInfo::new(mipi_dsi::wire::VirtualChannel::VC2, "late"));
            assert_eq!(taken.err(), Some(RegisterDeviceError::Gone(gone)));
            assert!(bus.find_host("fd922800.dsi").is_none());
            assert!(!reference.is_present());
        });
    }
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(peripheral.told(), 1, "the assertions of the notice ran");
    assert_eq!(controller.counts(), [1, 1, 0]);
    controller.assert_quiet();
    peripheral.forget_hooks();
}

#[test]
fn an_attach_waits_for_the_detach_of_the_attachment_before_it() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    let (detaching, go_on) = (Gate::default(), Gate::default());
    {
        let (detaching, go_on) = (detaching.clone(), go_on.clone());
        controller.on_detach(move |_| {
            detaching.open();
            go_on.pass();
        });
    }
    let detach = thread::spawn(move || link.detach());
    detaching.pass();
    let attach = {
        let device = device.clone();
        thread::spawn(move || device.attach(CONFIG).map(|link| link.write(dcs::Nop)))
    };
    let_others_run();
    assert!(!attach.is_finished());
    go_on.open();
    detach.join().unwrap().unwrap();
    assert_eq!(attach.join().unwrap(), Ok(Ok(())));
    controller.assert_quiet();
}
