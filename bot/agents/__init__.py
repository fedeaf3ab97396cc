"""What agents are offered by the Model Context Protocol: tools, resources and prompts over the one command set."""
