"""What people see and press. Knows no process and no file format."""
