/// The version of this program, as `--version` and generated files name it (semantic versioning 2.0).
let sallyportVersion = "0.1.0"
