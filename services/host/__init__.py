"""What puts a release into force on its server. Runs before any package is there: standard library only.

cd ~/shoreline/releases/ID && python3 -B -m services.host activate ID < VARIABLES
"""
