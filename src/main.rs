fn main() -> std::process::ExitCode {
    standoff::cli::main()
}
