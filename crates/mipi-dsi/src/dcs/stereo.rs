//! Stereoscopic pictures in command mode.
//!
//! DCS 1.3, set_3D_control and get_3D_control. The byte itself is [`StereoControl`], which a video stream
//! carries too.

use super::super::wire::StereoControl;
use super::command::{exact_response, ParameterError, ParameterFault, ResponseError};
use super::command::{ParseCommand, ReadCommand, WriteCommand};
use super::opcode::Opcode;

/// Sets how stereoscopic pictures are sent. The second parameter is reserved and zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Set3dControl(pub StereoControl);

impl WriteCommand for Set3dControl {
    const OPCODE: Opcode = Opcode::SET_3D_CONTROL;
    type Parameters = [u8; 2];

    fn parameters(&self) -> [u8; 2] {
        [self.0.bits(), 0]
    }
}

impl ParseCommand<'_> for Set3dControl {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        match *parameters {
            [control] | [control, _] => Ok(Self(StereoControl::from_bits(control))),
            _ => {
                let fault = ParameterFault::Length { least: 1, most: 2, got: parameters.len() };
                Err(ParameterError { opcode: Self::OPCODE, fault })
            }
        }
    }
}

/// Reads how stereoscopic pictures are sent. The second byte of the response is reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Get3dControl;

impl ReadCommand for Get3dControl {
    const OPCODE: Opcode = Opcode::GET_3D_CONTROL;
    const RESPONSE_LEN: usize = 2;
    type Response = StereoControl;

    #[inline]
    fn parse(response: &[u8]) -> Result<StereoControl, ResponseError> {
        exact_response(Self::OPCODE, response).map(|[control, _]| StereoControl::from_bits(control))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_has_one_byte_that_counts() {
        let control = StereoControl::from_bits(0x26);
        assert_eq!(Set3dControl(control).parameters(), [0x26, 0]);
        assert_eq!(Set3dControl::parse(&[0x26]), Ok(Set3dControl(control)));
        assert_eq!(Get3dControl::parse(&[0x26, 0]), Ok(control));
        for parameters in [&[][..], &[0; 3]] {
            assert!(Set3dControl::parse(parameters).is_err());
        }
    }
}
