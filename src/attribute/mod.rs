//! Who says it: actor mentions with their sides, and speaker, cue and content of
//! attributions.
