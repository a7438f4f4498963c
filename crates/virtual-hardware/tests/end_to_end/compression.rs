//! Compression: a panel with a decoder takes its mode and its parameters, and one without refuses both.

use crate::rig::Rig;
use mipi_dsi::bus::HostError;
use mipi_dsi::wire::{
    CompressionAlgorithm, CompressionMode, DataType, ErrorReport, PeripheralError, PictureParameterSet,
};
use virtual_hardware::{HostOptions, PanelOptions, Rule};

fn mode() -> CompressionMode {
    CompressionMode::on(CompressionAlgorithm::Dsc, 2).expect("there are four sets")
}

fn parameters() -> [u8; 128] {
    core::array::from_fn(|index| index as u8)
}

#[test]
fn a_mode_and_a_parameter_set_are_kept_and_read_back() {
    let rig =
        Rig::new(PanelOptions { compression: true, ..PanelOptions::command(4, 4) }, HostOptions::default());
    rig.attach().expect("can");
    assert_eq!(
        (rig.panel.compression_mode(), rig.panel.picture_parameter_set()),
        (CompressionMode::OFF, None)
    );
    assert_eq!(rig.read(0x03, 1), Ok(vec![0x00]));
    rig.send(DataType::COMPRESSION_MODE, &mode().to_bytes(), 0).expect("sent");
    rig.send(DataType::PICTURE_PARAMETER_SET, &parameters(), 0).expect("sent");
    assert_eq!(rig.panel.compression_mode(), mode());
    let kept = rig.panel.picture_parameter_set().expect("kept");
    assert_eq!(kept, PictureParameterSet::from_bytes(parameters()));
    assert_eq!(rig.read(0x03, 1), Ok(vec![0x21]), "on, DSC, set 2");
    assert_eq!(rig.panel.broken_rules(), []);
    rig.panel.reset(rig.host.clock().now());
    assert_eq!(
        (rig.panel.compression_mode(), rig.panel.picture_parameter_set()),
        (CompressionMode::OFF, None)
    );
}

#[test]
fn a_panel_without_a_decoder_refuses_them() {
    let rig = Rig::awake(4, 4);
    let not_recognized = ErrorReport::NONE.with(PeripheralError::DataTypeNotRecognized);
    for (data_type, payload) in [
        (DataType::COMPRESSION_MODE, &mode().to_bytes()[..]),
        (DataType::PICTURE_PARAMETER_SET, &parameters()),
    ] {
        rig.send(data_type, payload, 0).expect("sent");
        assert_eq!(rig.broken(), Rule::DataType(data_type));
        let read = rig.send(DataType::DCS_READ, &[0x0a], 1);
        assert_eq!(read, Err(HostError::Reported(not_recognized)));
    }
    rig.read(0x03, 1).expect_err("no response");
    assert!(matches!(rig.broken(), Rule::Unsupported(_)));
}
