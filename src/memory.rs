//! How memory is asked for. Tensors of a few megabytes come and go at every layer. By default the GNU C library takes
//! the larger ones from the system and gives them back each time, so that every page is cleared anew, and lets the
//! heaps of the threads grow with every new mix of sizes. Other C libraries are left as they are.

/// Keeps freed memory for the next tensor, in no more heaps than there are cores. Called once, before
/// any thread is started.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn set_up() {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let heaps = libc::c_int::try_from(cores.max(2)).unwrap_or(2);
    // SAFETY: sets numbers of the allocator; a number that it does not take changes nothing.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, heaps);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
    }
}

/// Gives what is free back to the system. Costs as much as a few statements do: for the end of
/// a large piece of work, so that the next one does not come on top of its leavings.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() {
    // SAFETY: touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn set_up() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}
