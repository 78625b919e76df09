"""What an installation is told from outside: settings, logs and the data files a bureau may edit."""
