//! The methods that spans and metrics may name.
//!
//! A path is the caller's text. Taken as it comes, it would let anybody make as many time series as
//! he likes, so only methods that the server has are named, and every other is `_OTHER`, as
//! OpenTelemetry's conventions ask.

use std::collections::HashMap;
use std::sync::Arc;

use prost::{DecodeError, Message};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

/// Known methods, shared by the layers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Methods {
    names: Arc<HashMap<String, Arc<str>>>,
    other: Arc<str>,
}

impl Methods {
    /// Every method of these encoded `FileDescriptorSet`s: those that reflection serves.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn from_descriptors(sets: &[&[u8]]) -> Result<Self, DecodeError> {
        let mut paths = Vec::new();
        for set in sets {
            let files = FileDescriptorSet::decode(*set)?.file;
            paths.extend(files.iter().flat_map(paths_of));
        }
        Ok(paths.into_iter().collect())
    }

    /// The fully qualified name of the method at `path`, `package.Service/Method`, or `_OTHER`.
    pub(super) fn name(&self, path: &str) -> Arc<str> {
        Arc::clone(self.names.get(path).unwrap_or(&self.other))
    }

    /// Whether `name`, as [`Methods::name`] gave it, is `_OTHER`.
    pub(super) fn is_other(&self, name: &Arc<str>) -> bool {
        Arc::ptr_eq(name, &self.other)
    }
}

impl FromIterator<String> for Methods {
    /// From paths, `/package.Service/Method`.
    fn from_iter<T: IntoIterator<Item = String>>(paths: T) -> Self {
        let named = |path: String| {
            let name = Arc::from(path.trim_start_matches('/'));
            (path, name)
        };
        let names = paths.into_iter().map(named).collect();
        Self { names: Arc::new(names), other: Arc::from("_OTHER") }
    }
}

fn paths_of(file: &FileDescriptorProto) -> Vec<String> {
    let package = match file.package() {
        "" => String::new(),
        package => format!("{package}."),
    };
    let mut paths = Vec::new();
    for service in &file.service {
        for method in &service.method {
            paths.push(format!("/{package}{}/{}", service.name(), method.name()));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_named_by_the_descriptors_and_nothing_else_is() {
        let sets = [crate::proto::DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET];
        let methods = Methods::from_descriptors(&sets).unwrap();
        for name in ["backstock.v1.InventoryService/Reserve", "grpc.health.v1.Health/Watch"] {
            assert_eq!(&*methods.name(&format!("/{name}")), name);
        }
        let unknown = methods.name("/backstock.v1.InventoryService/Steal");
        assert!(methods.is_other(&unknown));
        assert_eq!(&*unknown, "_OTHER");
    }

    #[test]
    fn a_set_that_cannot_be_read_is_an_error() {
        assert!(Methods::from_descriptors(&[b"no descriptors"]).is_err());
    }
}
