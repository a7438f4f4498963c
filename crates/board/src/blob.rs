//! The flattened device tree format (DTB, DTBO): header, structure block, strings block.
//!
//! Turns bytes into a sequence of [`Event`]s and checks everything on the way; [`tree`](crate::tree) says what the
//! events mean. Nothing here panics, recurses, or allocates by a number that the blob states.
//!
//! Why not dtoolkit 0.4.1: its checked entry refuses names of more than 31 characters, which 705 of 1235 blobs
//! compiled from Linux 6.12 have, and its unchecked one panics on a damaged blob.

use thiserror::Error;

/// The largest blob that is read: the largest that Linux maps on arm64.
pub const MAX_SIZE: usize = 2 << 20;
/// The longest name of a node or a property. The longest on a board of Linux 6.12 is 47 bytes.
pub const MAX_NAME: usize = 255;

const MAGIC: u32 = 0xd00d_feed;
const HEADER_LEN_V16: usize = 36;
const HEADER_LEN_V17: usize = 40;

/// Byte offsets of the header's fields.
mod field {
    pub(super) const MAGIC: usize = 0;
    pub(super) const TOTAL_SIZE: usize = 4;
    pub(super) const STRUCTURE_OFFSET: usize = 8;
    pub(super) const STRINGS_OFFSET: usize = 12;
    pub(super) const VERSION: usize = 20;
    pub(super) const LAST_COMPATIBLE_VERSION: usize = 24;
    pub(super) const STRINGS_SIZE: usize = 32;
    pub(super) const STRUCTURE_SIZE: usize = 36;
}

/// Tokens of the structure block.
mod token {
    pub(super) const BEGIN_NODE: u32 = 1;
    pub(super) const END_NODE: u32 = 2;
    pub(super) const PROPERTY: u32 = 3;
    pub(super) const NOP: u32 = 4;
    pub(super) const END: u32 = 9;
}

/// One item of the structure block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A node begins; the root's name is empty.
    Begin(&'a str),
    /// A property of the node that began last and has not ended.
    Property(&'a str, &'a [u8]),
    /// The node ends.
    End,
    /// The structure block ends.
    Finish,
}

/// Why some bytes are not a device tree, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("byte {offset:#x}{}: {kind}", .node.as_ref().map_or(String::new(), |node| format!(", in node {node}")))]
pub struct BlobError {
    /// Byte offset in the blob.
    pub offset: usize,
    /// The node in which reading stopped, if it reached the structure block.
    pub node: Option<String>,
    /// What was expected there, and what was found.
    pub kind: BlobErrorKind,
}

/// The kinds of [`BlobError`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BlobErrorKind {
    /// Fewer bytes than a header has.
    #[error(
        "{length} bytes are less than the {HEADER_LEN_V16} of a device tree's header; is the file complete?"
    )]
    TooShort {
        /// How many there are.
        length: usize,
    },
    /// More bytes than [`MAX_SIZE`], or more nodes than [`MAX_NODES`](crate::tree::MAX_NODES).
    #[error("more than {limit} {what}, and no board needs as many; is it an image with a blob inside?")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
    /// The file does not begin like a device tree blob.
    #[error(
        "expected the magic number {MAGIC:#x} of a device tree blob, got {found:#010x}; a source file has \
         to be compiled first (dtc -I dts -O dtb), a kernel image with a blob inside taken apart"
    )]
    WrongMagic {
        /// Its first four bytes.
        found: u32,
    },
    /// The header states more bytes than there are.
    #[error("the header states {stated} bytes, the file has {length}; copy it again")]
    Truncated {
        /// Bytes that the header states.
        stated: u32,
        /// Bytes that there are.
        length: usize,
    },
    /// A version of the format that is neither 16 nor 17 nor readable as 17.
    #[error(
        "expected format version 16 or 17, got {found} (compatible with {compatible}); compile the source \
         again with a dtc of our days"
    )]
    Version {
        /// The version that the header states.
        found: u32,
        /// The oldest version that it states to be compatible with.
        compatible: u32,
    },
    /// A block of the blob lies outside of it.
    #[error(
        "the {block} block, {length} bytes from byte {start:#x}, lies outside of the blob; the file is damaged"
    )]
    BlockOutside {
        /// Which block.
        block: &'static str,
        /// Where the header puts it.
        start: u32,
        /// How many bytes the header gives it.
        length: u32,
    },
    /// The structure block ends in the middle.
    #[error("expected {expected}, but the structure block ends; the file is damaged")]
    CutOff {
        /// What should have come.
        expected: &'static str,
    },
    /// A token that can't be at this place.
    #[error("expected {expected}, got token {found:#x}; the file is damaged")]
    Token {
        /// The token.
        found: u32,
        /// What should have come.
        expected: &'static str,
    },
    /// A name that no node or property can have.
    #[error("a name {problem}; the file is damaged")]
    Name {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Nodes nested deeper than [`MAX_DEPTH`](crate::tree::MAX_DEPTH).
    #[error("nodes nested deeper than {limit}, and Linux does not take them either")]
    TooDeep {
        /// How deep they may be.
        limit: usize,
    },
}

/// A blob whose header has been checked, and a position in its structure block.
#[derive(Debug)]
pub struct Blob<'a> {
    /// The bytes up to the end of the structure block; `position <= structure.len()`.
    structure: &'a [u8],
    strings: &'a [u8],
    strings_start: usize,
    position: usize,
}

impl<'a> Blob<'a> {
    /// Checks the header. Ignores bytes after the stated size, as Linux does.
    ///
    /// # Errors
    ///
    /// [`BlobError`], which says what no blob can have in its header.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let error = |offset, kind| BlobError { offset, node: None, kind };
        let length = bytes.len();
        let word = |at| read_u32(bytes, at).ok_or(error(at, BlobErrorKind::TooShort { length }));

        let magic = word(field::MAGIC)?;
        if magic != MAGIC {
            return Err(error(field::MAGIC, BlobErrorKind::WrongMagic { found: magic }));
        }
        let stated = word(field::TOTAL_SIZE)?;
        if stated as usize > MAX_SIZE {
            let kind = BlobErrorKind::TooLarge { what: "bytes", limit: MAX_SIZE };
            return Err(error(field::TOTAL_SIZE, kind));
        }
        let Some(bytes) = bytes.get(..stated as usize) else {
            let kind = BlobErrorKind::Truncated { stated, length };
            return Err(error(field::TOTAL_SIZE, kind));
        };
        let version = word(field::VERSION)?;
        let compatible = word(field::LAST_COMPATIBLE_VERSION)?;
        if version < 16 || compatible > 17 {
            let kind = BlobErrorKind::Version { found: version, compatible };
            return Err(error(field::VERSION, kind));
        }
        let header_len = if version == 16 { HEADER_LEN_V16 } else { HEADER_LEN_V17 };
        if bytes.len() < header_len {
            let length = bytes.len();
            return Err(error(field::TOTAL_SIZE, BlobErrorKind::TooShort { length }));
        }

        let structure_start = word(field::STRUCTURE_OFFSET)?;
        let structure_len =
            if version == 16 { stated.saturating_sub(structure_start) } else { word(field::STRUCTURE_SIZE)? };
        let strings_start = word(field::STRINGS_OFFSET)?;
        let strings_len = word(field::STRINGS_SIZE)?;
        let block = |block, start: u32, len: u32, at| {
            let range = start as usize..(start as usize).saturating_add(len as usize);
            bytes
                .get(range.clone())
                .map(|_| range)
                .ok_or(error(at, BlobErrorKind::BlockOutside { block, start, length: len }))
        };
        let structure = block("structure", structure_start, structure_len, field::STRUCTURE_OFFSET)?;
        let strings = block("strings", strings_start, strings_len, field::STRINGS_OFFSET)?;
        Ok(Self {
            structure: bytes.get(..structure.end).unwrap_or_default(),
            strings: bytes.get(strings.clone()).unwrap_or_default(),
            strings_start: strings.start,
            position: structure.start,
        })
    }

    /// Where the next event begins, in bytes from the start of the blob.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Reads the next event. Don't call it again after [`Event::Finish`].
    ///
    /// # Errors
    ///
    /// [`BlobError`], which says what can't be at this place; the caller adds the node.
    pub fn next_event(&mut self) -> Result<Event<'a>, BlobError> {
        const TOKEN: &str = "the begin or the end of a node, a property, or the end";
        loop {
            let at = self.position;
            match self.word(TOKEN)? {
                token::NOP => {}
                token::BEGIN_NODE => {
                    let name = name_at(self.structure, self.position)
                        .and_then(|name| if name.contains('/') { Err("contains a slash") } else { Ok(name) })
                        .map_err(|problem| error(self.position, BlobErrorKind::Name { problem }))?;
                    self.skip(name.len() + 1);
                    return Ok(Event::Begin(name));
                }
                token::END_NODE => return Ok(Event::End),
                token::END => return Ok(Event::Finish),
                token::PROPERTY => return self.property(),
                found => {
                    let expected = TOKEN;
                    return Err(error(at, BlobErrorKind::Token { found, expected }));
                }
            }
        }
    }

    fn property(&mut self) -> Result<Event<'a>, BlobError> {
        const VALUE: &str = "the value of a property, as long as is stated";
        let len = self.word("the length of a property")? as usize;
        let name_offset = self.word("the name of a property")? as usize;
        let name = name_at(self.strings, name_offset).map_err(|problem| {
            let offset = self.strings_start.saturating_add(name_offset);
            error(offset, BlobErrorKind::Name { problem })
        })?;
        let value = self
            .position
            .checked_add(len)
            .and_then(|end| self.structure.get(self.position..end))
            .ok_or(error(self.position, BlobErrorKind::CutOff { expected: VALUE }))?;
        self.skip(len);
        Ok(Event::Property(name, value))
    }

    /// Goes on by `len` bytes that are known to be there, and by the padding after them.
    fn skip(&mut self, len: usize) {
        let end = self.position.saturating_add(len).next_multiple_of(4);
        self.position = end.min(self.structure.len());
    }

    fn word(&mut self, expected: &'static str) -> Result<u32, BlobError> {
        let at = self.position;
        let word = read_u32(self.structure, at).ok_or(error(at, BlobErrorKind::CutOff { expected }))?;
        self.skip(4);
        Ok(word)
    }
}

fn error(offset: usize, kind: BlobErrorKind) -> BlobError {
    BlobError { offset, node: None, kind }
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*word))
}

/// The text from `at` up to the next zero byte. Only a property may have a slash in its name: in `__fixups__`, a path.
fn name_at(bytes: &[u8], at: usize) -> Result<&str, &'static str> {
    let rest = bytes.get(at..).ok_or("begins outside of its block")?;
    let window = rest.get(..=MAX_NAME).unwrap_or(rest);
    let len = window.iter().position(|&byte| byte == 0).ok_or(if rest.len() > MAX_NAME {
        "is longer than 255 bytes"
    } else {
        "has no end"
    })?;
    let name = window.get(..len).unwrap_or_default();
    std::str::from_utf8(name).map_err(|_| "is not text")
}
