//! Everything that names the bus: hardware as the bus calls it, and its operations as `with_bus` calls them. When the bus
//! changes, this file does, and no other.

#[cfg(second)]
use self::callback::Bytewise;
use self::callback::Fifo;
#[cfg(bus)]
use self::callback::Panel;
#[cfg(bus)]
use crate::machine;
#[cfg(any(bus, second))]
use mipi_dsi::bus::HostController;
#[cfg(bus)]
use mipi_dsi::bus::{Caller, FirmwareMemory, Profile, adapter::{Context, CriticalSectionLock, FixedSlots, Lock, Memory}};
use mipi_dsi::bus::{Commands, Lanes, LinkConfig, PixelFormat};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;

const CHANNEL: VirtualChannel = VirtualChannel::VC0;
const CONFIG: LinkConfig = LinkConfig::video(Lanes::Two, PixelFormat::Rgb888).burst();

#[cfg(bus)]
const PROFILE: Profile = {
    #[cfg(any(shared, no_exclusive, no_exclusive_serialised))]
    let profile = Profile::Shared;
    #[cfg(not(any(shared, no_exclusive, no_exclusive_serialised)))]
    let profile = Profile::Exclusive;
    profile
};

pub static FIFO: Fifo = Fifo::NEW;
#[cfg(second)]
pub static BYTEWISE: Bytewise = Bytewise::NEW;
/// What the second bus serves. Its handles have another size than the first's: with the same layout the compiler finds that
/// much of the second bus is the first's code, and the figure would say nothing of firmware where that does not happen.
#[cfg(second)]
pub type AnyController = dyn HostController + Sync;
#[cfg(bus)]
static PANEL: Panel = Panel;

/// What a driver sends to its panel, with a bus and without.
fn switch_on<T: Commands + ?Sized>(link: &T) -> bool {
    link.write(dcs::ExitSleepMode).is_ok()
}

fn is_on<T: Commands + ?Sized>(link: &T) -> bool {
    link.read(dcs::GetPowerMode).is_ok()
}

fn set_window<T: Commands + ?Sized>(link: &T) -> bool {
    let (Ok(columns), Ok(pages)) = (dcs::SetColumnAddress::new(0, 479), dcs::SetPageAddress::new(0, 799))
    else {
        return false;
    };
    link.write(columns).is_ok() && link.write(pages).is_ok()
}

/// What the bus calls. A trace leaves the stack of these out, so they stay functions of their own there.
pub mod callback {
    use crate::machine::Register;
    use mipi_dsi::bus::{
        Attachment, HostAttachError, HostController, HostError, Message, Mode, PixelFormat, Speed,
    };
    #[cfg(bus)]
    use mipi_dsi::bus::{Commands, DeviceListener, Notice};
    use mipi_dsi::wire::{PacketType, VirtualChannel};

    /// A controller with a packet engine and a queue of words.
    pub struct Fifo {
        control: Register,
        header: Register,
        queue: Register,
        start: Register,
    }

    impl Fifo {
        pub const NEW: Self = Self {
            control: Register::new(),
            header: Register::new(),
            queue: Register::new(),
            start: Register::new(),
        };
    }

    impl HostController for Fifo {
        #[cfg_attr(trace, inline(never))]
        fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
            let config = attachment.config;
            if config.format == PixelFormat::Rgb666 {
                return Err(HostAttachError::Unsupported);
            }
            let video = u32::from(config.mode != Mode::Command);
            self.control.write(u32::from(config.lanes.count()) | video << 8 | 1 << 31);
            Ok(())
        }

        #[cfg_attr(trace, inline(never))]
        fn detach(&self, _: &Attachment<'_>) {
            self.control.write(0);
        }

        #[cfg_attr(trace, inline(never))]
        fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
            #[cfg(all(bus, trace))]
            crate::machine::interrupt();
            let payload = message.payload();
            for part in payload.parts() {
                for word in part.chunks(4) {
                    self.queue.write(word.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)));
                }
            }
            let slow = u32::from(message.speed() == Speed::LowPower);
            let kind = u32::from(message.data_type().code()) | (u32::from(message.channel().get())) << 6;
            self.header.write(kind | (payload.len() as u32) << 8 | slow << 31);
            self.start.write(1);
            for byte in &mut *response {
                *byte = self.queue.read() as u8;
            }
            Ok(response.len())
        }

        #[cfg_attr(trace, inline(never))]
        fn cancel(&self, _: VirtualChannel) {
            self.start.write(0);
        }
    }

    /// A controller behind a port of single bytes.
    #[cfg(second)]
    pub struct Bytewise {
        command: Register,
        data: Register,
        lanes: [Register; 2],
    }

    #[cfg(second)]
    impl Bytewise {
        pub const NEW: Self =
            Self { command: Register::new(), data: Register::new(), lanes: [const { Register::new() }; 2] };
    }

    #[cfg(second)]
    impl HostController for Bytewise {
        fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
            let count = usize::from(attachment.config.lanes.count());
            if count > self.lanes.len() {
                return Err(HostAttachError::Unsupported);
            }
            for lane in self.lanes.iter().take(count) {
                lane.write(1);
            }
            Ok(())
        }

        fn detach(&self, _: &Attachment<'_>) {
            for lane in &self.lanes {
                lane.write(0);
            }
        }

        fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
            #[cfg(all(bus, trace))]
            crate::machine::interrupt();
            self.command.write(u32::from(message.data_type().code()));
            if self.command.read() & 0x100 != 0 {
                return Err(HostError::Timeout);
            }
            for byte in message.payload().bytes() {
                self.data.write(u32::from(byte));
            }
            for byte in &mut *response {
                self.command.write(0x200);
                *byte = self.data.read() as u8;
            }
            Ok(response.len())
        }

        fn cancel(&self, _: VirtualChannel) {
            self.command.write(0x400);
        }
    }

    /// A panel that sends its last commands.
    #[cfg(bus)]
    pub struct Panel;

    #[cfg(bus)]
    impl DeviceListener for Panel {
        #[cfg_attr(trace, inline(never))]
        fn host_leaving(&self, notice: &Notice<'_>) {
            if !notice.removal.is_surprise() {
                // A panel that can't be reached any more needs no last commands.
                let _ = notice.transport.write(mipi_dsi::dcs::SetDisplayOff);
                let _ = notice.transport.write(mipi_dsi::dcs::EnterSleepMode);
            }
        }
    }
}

/// One type of bus: which controllers, and which lock.
#[cfg(bus)]
pub trait Kind: Sized + 'static {
    type Controller: HostController + Sync + ?Sized + 'static;
    type Memory: Memory<Controller = &'static Self::Controller, Lock = Self::Lock, Slots = Slots<Self::Controller>>
        + 'static;
    type Lock: Lock<Data = Slots<Self::Controller>> + 'static;

    fn memory() -> &'static Self::Memory;
    fn controller() -> &'static Self::Controller;
}

#[cfg(bus)]
const SLOTS: usize = if cfg!(many) { 64 } else { 1 };
#[cfg(bus)]
pub type Slots<C> = FixedSlots<&'static C, &'static Panel, &'static str, SLOTS>;

#[cfg(bus)]
pub struct First;

#[cfg(bus)]
type FirstMemory = FirmwareMemory<&'static Fifo, &'static Panel, SLOTS, Interrupts>;

/// What `run` looks for, to tell the size of a slot and its section.
#[cfg(bus)]
static FIRST_BUS: FirstMemory = FirstMemory::with_context(Interrupts);

/// Who calls: the interrupt that is being handled.
#[cfg(bus)]
pub struct Interrupts;

#[cfg(bus)]
impl Context for Interrupts {
    fn caller(&self) -> Caller {
        Caller::from_number(machine::handling() as usize)
    }
}

#[cfg(bus)]
impl Kind for First {
    type Controller = Fifo;
    type Memory = FirstMemory;
    type Lock = CriticalSectionLock<Slots<Fifo>, Interrupts>;

    fn memory() -> &'static FirstMemory {
        &FIRST_BUS
    }

    fn controller() -> &'static Fifo {
        &FIFO
    }
}

#[cfg(all(bus, second))]
pub use second::Second;

#[cfg(all(bus, second))]
mod second {
    use super::{machine, AnyController, Interrupts, Kind, Slots, BYTEWISE, SLOTS};
    use core::cell::UnsafeCell;
    use core::convert::Infallible;
    use mipi_dsi::bus::{Caller, WaitError, adapter::{AtomicWord, BusMemory, Context, Ended, FixedSlots, Gate, Lock}, report::WaitFor};

    pub struct Second;

    /// A lock of the firmware's own.
    pub struct PriorityLock(UnsafeCell<Slots<AnyController>>);

    // SAFETY: its data is only reached below the priority.
    unsafe impl Sync for PriorityLock {}

    type SecondMemory = BusMemory<PriorityLock, [Gate<&'static AnyController, AtomicWord>; SLOTS]>;

    static SECOND_BUS: SecondMemory =
        BusMemory::from_parts(PriorityLock(UnsafeCell::new(FixedSlots::EMPTY)), [const { Gate::EMPTY }; SLOTS]);

    impl Lock for PriorityLock {
        type Data = Slots<AnyController>;
        type Deadline = Infallible;
        type Word = AtomicWord;

        const CAN_WAIT: bool = false;

        fn caller(&self) -> Caller {
            Interrupts.caller()
        }

        fn may_call_back(&self) -> bool {
            self.caller() == Caller::MAIN
        }

        fn with<R>(&self, section: impl FnOnce(&mut Slots<AnyController>) -> (R, Ended)) -> R {
            // SAFETY: nothing that uses this bus interrupts it, and the bus calls nobody from here.
            machine::below_priority(|| section(unsafe { &mut *self.0.get() }).0)
        }

        fn wait<R>(
            &self,
            _: WaitFor,
            _: Option<Infallible>,
            mut section: impl FnMut(&mut Slots<AnyController>) -> (Option<R>, Ended),
        ) -> Result<R, WaitError> {
            self.with(|data| section(data)).ok_or(WaitError::CannotWait)
        }
    }

    impl Kind for Second {
        type Controller = AnyController;
        type Memory = SecondMemory;
        type Lock = PriorityLock;

        fn memory() -> &'static SecondMemory {
            &SECOND_BUS
        }

        fn controller() -> &'static AnyController {
            &BYTEWISE
        }
    }
}

#[cfg(bus)]
const NAME: &str = "40016c00.dsi";

/// The names of the other hosts: as long as `NAME`, and another only at its end, so that a comparison takes long.
#[cfg(many)]
static OTHERS: [[u8; 12]; SLOTS] = {
    let mut others = [*b"40016c00.ds_"; SLOTS];
    let mut index = 0;
    while index < SLOTS {
        others[index][11] = b' ' + index as u8;
        index += 1;
    }
    others
};

/// Registers other hosts in all slots but one, for as long as the program runs.
#[cfg(bus)]
pub fn fill<K: Kind>() {
    #[cfg(many)]
    for name in OTHERS.iter().skip(1) {
        let name = core::str::from_utf8(name).unwrap_or_default();
        let host = mipi_dsi::bus::Bus::new(K::memory()).register_host(mipi_dsi::bus::HostInfo::with_profile(name, PROFILE), K::controller());
        machine::check(host.is_ok());
        core::mem::forget(host);
    }
}

/// The operations, each of which a trace measures by its name.
#[cfg(bus)]
pub mod operation {
    use super::{is_on, machine, set_window, switch_on, Kind, CHANNEL, CONFIG, NAME, PANEL, PROFILE};
    use mipi_dsi::bus::{Bus, DeviceInfo, HostInfo, Transport};

    type Handle<K> = &'static <K as Kind>::Memory;
    pub type Host<K> = mipi_dsi::bus::Host<Handle<K>>;
    pub type Found<K> = mipi_dsi::bus::HostRef<Handle<K>>;
    pub type Device<K> = mipi_dsi::bus::Device<Handle<K>>;
    pub type Link<K> = mipi_dsi::bus::Link<Handle<K>>;

    fn expect<T, E>(result: Result<T, E>) -> T {
        match result {
            Ok(value) => value,
            Err(_) => machine::exit(2),
        }
    }

    #[cfg_attr(trace, inline(never))]
    pub fn register_host<K: Kind>() -> Host<K> {
        expect(Bus::new(K::memory()).register_host(HostInfo::with_profile(NAME, PROFILE), K::controller()))
    }

    #[cfg_attr(trace, inline(never))]
    pub fn find_host<K: Kind>() -> Found<K> {
        expect(Bus::new(K::memory()).find_host(NAME).ok_or(()))
    }

    #[cfg_attr(trace, inline(never))]
    pub fn register_device<K: Kind>(host: &Found<K>) -> Device<K> {
        let panel = DeviceInfo::new(CHANNEL, "panel").listener(&PANEL);
        #[cfg(surprise)]
        let panel = panel.capabilities(mipi_dsi::bus::Capabilities::all(mipi_dsi::bus::Lanes::Four));
        expect(host.register_device(panel))
    }

    #[cfg_attr(trace, inline(never))]
    pub fn attach<K: Kind>(device: &Device<K>) -> Link<K> {
        expect(device.attach(CONFIG))
    }

    #[cfg_attr(trace, inline(never))]
    pub fn write<K: Kind>(link: &Link<K>) -> bool {
        switch_on(link)
    }

    #[cfg_attr(trace, inline(never))]
    pub fn read<K: Kind>(link: &Link<K>) -> bool {
        is_on(link)
    }

    #[cfg_attr(trace, inline(never))]
    pub fn transaction<K: Kind>(link: &Link<K>) -> bool {
        let mut sent = false;
        let had = link.transaction(&mut |link| sent = set_window(link));
        had.is_ok() && sent
    }

    #[cfg_attr(trace, inline(never))]
    pub fn detach<K: Kind>(link: &Link<K>) -> bool {
        link.detach().is_ok()
    }

    #[cfg_attr(trace, inline(never))]
    pub fn unregister_device<K: Kind>(device: &Device<K>) -> bool {
        device.unregister().is_ok()
    }

    #[cfg_attr(trace, inline(never))]
    pub fn unregister_host<K: Kind>(host: &Host<K>) -> bool {
        host.unregister().is_ok()
    }

    #[cfg_attr(trace, inline(never))]
    pub fn drop_host<K: Kind>(host: Host<K>) {
        drop(host);
    }

    #[cfg_attr(trace, inline(never))]
    pub fn drop_found<K: Kind>(found: Found<K>) {
        drop(found);
    }

    #[cfg_attr(trace, inline(never))]
    pub fn drop_device<K: Kind>(device: Device<K>) {
        drop(device);
    }

    #[cfg_attr(trace, inline(never))]
    pub fn drop_link<K: Kind>(link: Link<K>) {
        drop(link);
    }

    /// One more panel, attached on this channel.
    #[cfg(trace)]
    pub fn attached<K: Kind>(host: &Found<K>, channel: u8) -> (Link<K>, Device<K>) {
        let channel = mipi_dsi::wire::VirtualChannel::from_data_identifier(channel << 6);
        let device = expect(host.register_device(DeviceInfo::new(channel, "panel").listener(&PANEL)));
        (attach::<K>(&device), device)
    }

    #[cfg(surprise)]
    mod surprise {
        use super::super::{Kind, CONFIG, NAME, PROFILE};
        use super::{expect, Device, Host};
        use mipi_dsi::bus::{Bus, Capabilities, HostInfo, Lanes, LinkConfig, RemovalKind, timings::{AxisTimings, LaneRate, VideoTimings}};

        /// Video of 800x480 at 33 MHz, which needs about 400 Mbit/s a lane on two.
        fn timings() -> VideoTimings {
            let horizontal = AxisTimings { active: 800, front_porch: 40, sync: 48, back_porch: 40 };
            let vertical = AxisTimings { active: 480, front_porch: 13, sync: 3, back_porch: 29 };
            expect(VideoTimings::new(33_000, horizontal, vertical))
        }

        /// A host that can do less than everything: attach compares that with what is asked.
        #[cfg_attr(trace, inline(never))]
        pub fn register_host_with_limits<K: Kind>() -> Host<K> {
            let limits = Capabilities::all(Lanes::Two);
            expect(Bus::new(K::memory()).register_host(HostInfo::with_profile(NAME, PROFILE).capabilities(limits), K::controller()))
        }

        /// Asks for more than the host can do, and gives whether that was refused.
        #[cfg_attr(trace, inline(never))]
        pub fn attach_too_much<K: Kind>(device: &Device<K>) -> bool {
            let Some(rate) = LaneRate::from_kbit_per_s(80_000) else { return false };
            let config = CONFIG.with_timings(timings());
            device.attach(LinkConfig { lanes: Lanes::Four, ..config }).is_err()
                && device.attach(config.at_lane_rate(rate)).is_err()
        }

        #[cfg_attr(trace, inline(never))]
        pub fn declare_gone<K: Kind>(host: &Host<K>) -> bool {
            host.declare_gone()
        }

        #[cfg_attr(trace, inline(never))]
        pub fn pull_device<K: Kind>(device: &Device<K>) -> bool {
            device.unregister_with(RemovalKind::Surprise, None).is_ok()
        }

        #[cfg_attr(trace, inline(never))]
        pub fn pull_host<K: Kind>(host: &Host<K>) -> bool {
            host.unregister_with(RemovalKind::Surprise, None).is_ok()
        }
    }

    #[cfg(surprise)]
    pub use surprise::*;
}

#[cfg(not(bus))]
pub use direct::without_bus;

/// The same panel driven without a bus.
#[cfg(not(bus))]
mod direct {
    use super::{is_on, set_window, switch_on, CHANNEL, CONFIG};
    use crate::machine::check;
    use mipi_dsi::bus::{
        Attachment, Commands, HostController, Message, Payload, Speed, TransferError, Transport,
    };
    use mipi_dsi::dcs;
    use mipi_dsi::wire::DataType;

    /// Sends to a panel by the controller's own method.
    struct Direct<'a, C: ?Sized>(&'a C);

    impl<C: HostController + ?Sized> Transport for Direct<'_, C> {
        fn transfer(
            &self,
            data_type: DataType,
            payload: Payload<'_>,
            response: &mut [u8],
        ) -> Result<usize, TransferError> {
            let message = Message::new(CHANNEL, data_type, payload, Speed::HighSpeed)
                .map_err(TransferError::Message)?;
            self.0.transfer(&message, response).map_err(TransferError::Host)
        }

        fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
            body(self);
            Ok(())
        }
    }

    /// Drives the panel: whoever writes this has to know that nobody else does.
    pub fn without_bus<C: HostController + ?Sized>(controller: &C) {
        let link = Direct(controller);
        let attachment = Attachment { channel: CHANNEL, name: "panel", config: &CONFIG, transport: &link };
        check(controller.attach(&attachment).is_ok());
        check(switch_on(&link));
        check(is_on(&link));
        let mut sent = false;
        check(link.transaction(&mut |link| sent = set_window(link)).is_ok() && sent);
        #[cfg(surprise)]
        controller.cancel(CHANNEL);
        let _ = link.write(dcs::SetDisplayOff);
        let _ = link.write(dcs::EnterSleepMode);
        controller.detach(&attachment);
    }
}
