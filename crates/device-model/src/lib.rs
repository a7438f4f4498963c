//! device-model
