//! A host, its wires and a panel, and a transport that calls the host without a bus in between.

use mipi_dsi::bus::{
    Attachment, HostAttachError, HostController, HostError, LinkConfig, Message, Payload, Speed,
    TransferError, Transport,
};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::sync::Arc;
use std::time::Duration;
use virtual_hardware::{
    Cable, DcsPanel, Faults, HostOptions, LinkDevice, PanelOptions, Picture, Rule, VirtualClock, VirtualHost,
};

pub(crate) const VC0: VirtualChannel = VirtualChannel::VC0;

/// Sends to one channel of a host, as a bus without book-keeping would.
pub(crate) struct Direct<'a> {
    pub(crate) host: &'a VirtualHost,
    pub(crate) channel: VirtualChannel,
    pub(crate) speed: Speed,
}

impl Transport for Direct<'_> {
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError> {
        let message = Message::new(self.channel, data_type, payload, self.speed);
        let message = message.map_err(TransferError::Message)?;
        self.host.transfer(&message, response).map_err(TransferError::Host)
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        body(self);
        Ok(())
    }
}

pub(crate) type Wire = Faults<Arc<DcsPanel>>;

/// A panel at the end of a wire with faults and a cable.
pub(crate) struct Rig {
    pub(crate) host: VirtualHost,
    pub(crate) cable: Arc<Cable<Arc<Wire>>>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) panel: Arc<DcsPanel>,
    pub(crate) speed: Speed,
}

impl Rig {
    pub(crate) fn new(panel: PanelOptions, host: HostOptions) -> Self {
        let panel = Arc::new(DcsPanel::new(panel));
        let wire = Arc::new(Faults::new(panel.clone()));
        let cable = Arc::new(Cable::new(wire.clone()));
        let host = VirtualHost::new(VirtualClock::new(), host);
        host.connect(cable.clone()).expect("the first device");
        let speed = panel.options().commands.unwrap_or(Speed::HighSpeed);
        Self { host, cable, wire, panel, speed }
    }

    /// A panel in command mode that is attached.
    pub(crate) fn command(width: u16, height: u16) -> Self {
        let rig = Self::new(PanelOptions::command(width, height), HostOptions::default());
        rig.attach().expect("the host can do everything");
        rig
    }

    /// The same, awake and with the display on.
    pub(crate) fn awake(width: u16, height: u16) -> Self {
        let rig = Self::command(width, height);
        rig.wake();
        rig
    }

    pub(crate) fn wake(&self) {
        self.dcs(&[0x11]);
        self.wait(120);
        self.dcs(&[0x29]);
        assert_eq!(self.panel.broken_rules(), []);
    }

    pub(crate) fn transport(&self) -> Direct<'_> {
        let channel = self.panel.options().channel;
        Direct { host: &self.host, channel, speed: self.speed }
    }

    pub(crate) fn attach(&self) -> Result<(), HostAttachError> {
        self.attach_with(self.panel.options().link_config())
    }

    pub(crate) fn attach_with(&self, config: LinkConfig) -> Result<(), HostAttachError> {
        let transport = self.transport();
        let channel = transport.channel;
        self.host.attach(&Attachment { channel, name: "panel", config: &config, transport: &transport })
    }

    pub(crate) fn detach(&self) {
        let transport = self.transport();
        let (channel, config) = (transport.channel, self.panel.options().link_config());
        self.host.detach(&Attachment { channel, name: "panel", config: &config, transport: &transport });
    }

    pub(crate) fn wait(&self, millis: u64) {
        self.host.clock().sleep(Duration::from_millis(millis));
    }

    pub(crate) fn send(
        &self,
        data_type: DataType,
        payload: &[u8],
        room: usize,
    ) -> Result<Vec<u8>, HostError> {
        let mut response = vec![0xa5; room];
        match self.transport().transfer(data_type, payload.into(), &mut response) {
            Ok(len) => {
                response.truncate(len);
                Ok(response)
            }
            Err(TransferError::Host(error)) => Err(error),
            Err(error) => panic!("the message was not made: {error}"),
        }
    }

    /// Writes a DCS command.
    pub(crate) fn dcs(&self, command: &[u8]) {
        let data_type = DataType::for_dcs_write(command.len()).expect("an opcode");
        self.send(data_type, command, 0).expect("a write has no response");
    }

    /// Sets the return size and reads.
    pub(crate) fn read(&self, opcode: u8, len: usize) -> Result<Vec<u8>, HostError> {
        let size = u16::try_from(len).expect("a return size").to_le_bytes();
        self.send(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, &size, 0).expect("no response is needed");
        self.send(DataType::DCS_READ, &[opcode], len)
    }

    /// The only rule that was broken since the last call.
    pub(crate) fn broken(&self) -> Rule {
        let broken = self.panel.broken_rules();
        self.panel.clear_breaches();
        let [rule] = broken[..] else { panic!("one rule, and not {broken:?}") };
        rule
    }

    /// Sends what a device would hear if there were no host.
    pub(crate) fn raw(&self, bytes: &[u8], speed: Speed) {
        let lanes = self.panel.options().lanes;
        let at = self.host.clock().now();
        self.panel.receive(&virtual_hardware::Transmission { bytes, speed, lanes, at });
    }
}

/// Fails with the place of the first difference, where whole pictures would say little.
pub(crate) fn assert_same(seen: &Picture, expected: &Picture) {
    assert_eq!((seen.width(), seen.height()), (expected.width(), expected.height()));
    assert_eq!(seen.first_difference(expected), None, "column, row, seen, expected");
}
