//! Reading the tables: their lines, and the words that several of them share.

use std::fmt;

/// The lines of a table, without comments and the line that names the columns.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1)
}

/// The columns of a line. None if their number is wrong, or one is empty.
pub(super) fn columns<const N: usize>(row: &'static str) -> Option<[&'static str; N]> {
    let columns: Vec<_> = row.split('\t').collect();
    let columns: [_; N] = columns.try_into().ok()?;
    columns.iter().all(|column| !column.is_empty()).then_some(columns)
}

/// An error of the kernel, as its functions return it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Errno {
    /// The other end is in use.
    Ebusy,
    /// The name is taken.
    Eexist,
    /// Something that the driver was given is wrong or missing.
    Einval,
    /// There is no such device.
    Enodev,
    /// The device that it needs is not there yet: the driver core tries again.
    EprobeDefer,
}

impl Errno {
    /// Its name with the sign that the kernel gives it: `-ENODEV`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ebusy => "-EBUSY",
            Self::Eexist => "-EEXIST",
            Self::Einval => "-EINVAL",
            Self::Enodev => "-ENODEV",
            Self::EprobeDefer => "-EPROBE_DEFER",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Ebusy, Self::Eexist, Self::Einval, Self::Enodev, Self::EprobeDefer]
            .into_iter()
            .find(|errno| errno.name() == text)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What happens when something is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The driver goes on without it.
    Optional,
    /// The driver gives up with this error.
    Error(Errno),
}

impl Missing {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "optional" => Some(Self::Optional),
            _ => Errno::parse(text).map(Self::Error),
        }
    }
}

/// Which port of a node, or which endpoint of a port: by its `reg`, which counts as 0 if it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The first that there is.
    Any,
    /// The one with this number.
    Is(u32),
    /// The one with the number of the device's virtual channel.
    Channel,
}

impl Number {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "any" => Some(Self::Any),
            "channel" => Some(Self::Channel),
            _ => text.parse().ok().map(Self::Is),
        }
    }

    /// Whether this means the port or endpoint with that number, for a device on `channel`.
    #[must_use]
    pub fn matches(self, number: u32, channel: u32) -> bool {
        match self {
            Self::Any => true,
            Self::Is(wanted) => wanted == number,
            Self::Channel => channel == number,
        }
    }
}

/// A place among a node's ports. If a node has `ports`, Linux looks only inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointAt {
    /// Which port.
    pub port: Number,
    /// Which of its endpoints.
    pub endpoint: Number,
}

impl EndpointAt {
    pub(super) fn parse(port: &str, endpoint: &str) -> Option<Self> {
        Some(Self { port: Number::parse(port)?, endpoint: Number::parse(endpoint)? })
    }
}

impl fmt::Display for EndpointAt {
    /// `port 1, endpoint 0`; leaves out what may be any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Number::Any => return f.write_str("any port"),
            Number::Is(port) => write!(f, "port {port}")?,
            Number::Channel => f.write_str("the port of its channel")?,
        }
        match self.endpoint {
            Number::Any => Ok(()),
            Number::Is(endpoint) => write!(f, ", endpoint {endpoint}"),
            Number::Channel => f.write_str(", the endpoint of its channel"),
        }
    }
}

/// How many data lanes: from the first number to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneRange {
    /// The fewest.
    pub fewest: usize,
    /// The most.
    pub most: usize,
}

impl LaneRange {
    /// `1-4`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (fewest, most) = text.split_once('-')?;
        Some(Self { fewest: fewest.parse().ok()?, most: most.parse().ok()? })
    }

    /// Whether the range contains a number of lanes.
    #[must_use]
    pub fn has(self, lanes: usize) -> bool {
        (self.fewest..=self.most).contains(&lanes)
    }
}
