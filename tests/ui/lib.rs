//! The tests are in `tests/`, the mistakes in `cases/`: one folder for each macro, one mistake a file.
