//! Where the kernel's source comes from: the distribution's package, or a tree of the user's own.

use super::cache;
use crate::storage;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use thiserror::Error;

const PACKAGE: &str = "linux-source-6.12";

/// A kernel's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Debian's package, in this version.
    Package {
        /// Its version.
        version: String,
        /// The archive that it installs.
        archive: PathBuf,
    },
    /// A tree of the user's own, by its absolute path.
    Tree(PathBuf),
}

/// Why there is no source.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The package is not installed.
    #[error("the package {PACKAGE} is not installed")]
    NoPackage,
    /// A folder that is not a kernel's source.
    #[error(
        "{} is not the source of a kernel with DSI: it has no drivers/gpu/drm/drm_mipi_dsi.c",
        .0.display()
    )]
    NoKernel(PathBuf),
    /// Neither XDG_CACHE_HOME nor HOME says where things may be kept.
    #[error("neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// An error of the system's.
    #[error("{}", storage::in_words(.0.display(), .1))]
    Io(PathBuf, io::Error),
    /// The archive could not be unpacked; what tar says.
    #[error(
        "{} could not be unpacked: {}",
        .0.display(), storage::hint_of(.1).unwrap_or_else(|| .1.trim().to_owned())
    )]
    Unpack(PathBuf, String),
}

impl Source {
    /// The installed package.
    ///
    /// # Errors
    ///
    /// It is not installed.
    pub fn package() -> Result<Self, SourceError> {
        let archive = PathBuf::from(format!("/usr/src/{PACKAGE}.tar.xz"));
        let version = Command::new("dpkg-query")
            .args(["-W", "-f", "${Version}", PACKAGE])
            .output()
            .ok()
            .filter(|output| output.status.success())
            .and_then(|output| String::from_utf8(output.stdout).ok())
            .filter(|version| !version.is_empty());
        match version {
            Some(version) if archive.exists() => Ok(Self::Package { version, archive }),
            _ => Err(SourceError::NoPackage),
        }
    }

    /// A tree of the user's own, which is only read.
    ///
    /// # Errors
    ///
    /// It does not exist, or is not a kernel's source.
    pub fn tree(folder: &Path) -> Result<Self, SourceError> {
        let folder = folder.canonicalize().map_err(|error| SourceError::Io(folder.to_owned(), error))?;
        if !folder.join("drivers/gpu/drm/drm_mipi_dsi.c").exists() {
            return Err(SourceError::NoKernel(folder));
        }
        Ok(Self::Tree(folder))
    }

    /// What it is, in words that say nothing of this machine.
    #[must_use]
    pub fn description(&self) -> String {
        match self {
            Self::Package { version, .. } => format!("{PACKAGE} {version}"),
            Self::Tree(_) => "a tree of the user's own".to_owned(),
        }
    }

    /// What it is, for the cache's keys.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Package { version, .. } => format!("{PACKAGE} {version}"),
            Self::Tree(folder) => format!("tree {}", folder.display()),
        }
    }

    /// Whether it may change from one run to the next.
    #[must_use]
    pub fn may_change(&self) -> bool {
        matches!(self, Self::Tree(_))
    }

    /// Its folder; a package is unpacked into the cache first. `waits` is called with the cache's folder if another run
    /// is doing that right now.
    pub(super) fn folder(&self, waits: &mut dyn FnMut(&Path)) -> Result<PathBuf, SourceError> {
        let (version, archive) = match self {
            Self::Tree(folder) => return Ok(folder.clone()),
            Self::Package { version, archive } => (version, archive),
        };
        // A version may have a tilde and a colon in it, which make and its shells take for something else.
        let version: String =
            version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let folder = cache::root().ok_or(SourceError::NoCache)?.join(format!("linux-source-{version}"));
        let io = |error| SourceError::Io(folder.clone(), error);
        std::fs::create_dir_all(&folder).map_err(io)?;
        let _lock = cache::Lock::take(&folder, &mut || waits(&folder)).map_err(io)?;
        let source = folder.join("source");
        let unpacked = folder.join("unpacked");
        if !unpacked.exists() {
            std::fs::create_dir_all(&source).map_err(io)?;
            let done = Command::new("tar")
                .arg("-C")
                .arg(&source)
                .args(["--strip-components=1", "-xf"])
                .arg(archive)
                .output()
                .map_err(io)?;
            if !done.status.success() {
                let said = String::from_utf8_lossy(&done.stderr).into_owned();
                return Err(SourceError::Unpack(archive.clone(), said));
            }
            std::fs::write(&unpacked, "").map_err(io)?;
        }
        Ok(source)
    }
}
