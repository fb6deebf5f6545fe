"""TerraScope-Cap: a network annotates images, and its masks are refined with the truth where there is one."""
